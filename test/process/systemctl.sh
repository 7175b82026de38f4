#!/bin/sh
# Stands in for systemctl where systemd is not the init process (test/process/go-to-production.long-spec.ts). It starts the
# servers of Debian by their own commands, and the units of docker/systemd by their ExecStart, User, WorkingDirectory,
# Environment and EnvironmentFile, with their drop-in files; it sets no sandbox.
set -eu
run=/run/systemctl-stand-in
mkdir -p "$run"

setting() { # file name: the values of a setting of a unit
  sed -n "s/^$2=//p" "$1" $(find "$1.d" -name '*.conf' 2>/dev/null)
}

start() {
  case $1 in
    postgresql) pg_ctlcluster "$(ls /etc/postgresql)" main start ;;
    redis-server) runuser -u redis -- redis-server /etc/redis/redis.conf --daemonize yes >/dev/null ;;
    nginx) nginx ;;
    *)
      instance=${1#*@}
      file=/etc/systemd/system/$1.service
      [ -e "$file" ] || file=/etc/systemd/system/${1%@*}@.service
      # In the order of systemd: the file's values override those of Environment=.
      env=$(setting "$file" Environment | sed "s/%i/$instance/g")
      (
        set -a
        for assignment in $env; do eval "$assignment"; done
        . "$(setting "$file" EnvironmentFile)"
        set +a
        cd "$(setting "$file" WorkingDirectory)"
        # shellcheck disable=SC2046
        exec setsid setpriv --reuid="$(setting "$file" User)" --regid="$(setting "$file" Group)" --clear-groups \
          $(setting "$file" ExecStart)
      ) >"$run/$1.log" 2>&1 &
      echo $! >"$run/$1.pid"
      ;;
  esac
}

stop() {
  pid=$(cat "$run/$1.pid")
  kill "$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
}

command=$1
shift
case $command in
  daemon-reload) ;;
  enable)
    shift # --now
    for unit; do start "$unit"; done
    ;;
  restart)
    for unit; do
      stop "$unit"
      start "$unit"
    done
    ;;
  reload) nginx -s reload ;;
  *)
    echo "systemctl stand-in: $command is not supported" >&2
    exit 1
    ;;
esac
