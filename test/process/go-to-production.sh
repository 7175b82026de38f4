#!/bin/sh
# Runs a script on a copy of this machine's file system, which is discarded at the end together with all processes that the
# script has started. Usage: go-to-production.sh <empty folder on tmpfs or ext4> <repository> <script>; needs root.
set -eu
folder=$1 repository=$2 script=$3
mkdir "$folder/upper" "$folder/work" "$folder/root" "$folder/upper2" "$folder/work2"
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$folder/root"
# It may be on another file system.
mkdir -p "$folder/root$repository"
mount -t overlay overlay -o "lowerdir=$repository,upperdir=$folder/upper2,workdir=$folder/work2" "$folder/root$repository"
mount -t proc proc "$folder/root/proc"
mount --rbind /dev "$folder/root/dev"
mount -t tmpfs tmpfs "$folder/root/run"
mount -t tmpfs tmpfs "$folder/root/tmp"
# Packages start no servers when they are installed.
printf '#!/bin/sh\nexit 101\n' >"$folder/root/usr/sbin/policy-rc.d"
chmod +x "$folder/root/usr/sbin/policy-rc.d"
exec chroot "$folder/root" env --chdir="$repository" sh -eu -c "$script"
