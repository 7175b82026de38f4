import type { ChildProcess } from 'node:child_process';
import { StartRefused } from '../start-refused.ts';
import type { Binaries } from './binaries.ts';
import type { ClusterPlace } from './cluster-place.ts';
import { startAfresh } from './cluster-place.ts';
import { anyFreePort, freePort, rememberPort } from './free-port.ts';
import { lostPort, startupFailure } from './server-log.ts';
import { ServerFailed, startServer, stopServer } from './server-process.ts';

/** What is served, by what, and where it is noted down. */
export interface Service {
  readonly place: ClusterPlace;
  readonly binaries: Binaries;
  readonly settings: Readonly<Record<string, string>>;
  readonly dataDir: string;
  /** The log file. */
  readonly log: string;
}

/** A server that accepts connections. */
export interface RunningServer {
  readonly port: number;
  /** Resolves when the server is gone. */
  stop(): Promise<void>;
}

const mostAttempts = 5;

/**
 * Serves a cluster on 127.0.0.1, at the port of the last start when that is free.
 * @throws StartRefused with the reason of PostgreSQL
 */
export async function serveCluster(service: Service): Promise<RunningServer> {
  let port = await freePort(service.dataDir);
  for (let attempt = 1; ; attempt++) {
    try {
      const child = await startServer({
        bin: service.binaries.bin,
        args: serverArguments(service, port),
        user: service.place.user,
        log: service.log,
      });
      rememberPort(service.dataDir, port);
      return { port, stop: stopOnce(child) };
    } catch (error) {
      if (!(error instanceof ServerFailed)) throw error;
      if (!lostPort(error.output) || attempt === mostAttempts) throw refusal(service, error);
      port = await anyFreePort();
    }
  }
}

function serverArguments({ place, settings }: Service, port: number): string[] {
  const all = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    // the log is where readiness and failures are read from
    log_destination: 'stderr',
    logging_collector: 'off',
    ...settings,
  };
  const pairs = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', place.folder, '-p', String(port), ...pairs];
}

/** A process that ends without stopping its server (process.exit, an uncaught error) at least asks it to stop. */
function stopOnce(child: ChildProcess): () => Promise<void> {
  const ask = (): void => {
    child.kill('SIGINT');
  };
  process.once('exit', ask);
  return async () => {
    process.off('exit', ask);
    await stopServer(child);
  };
}

function refusal({ place, log }: Service, failed: ServerFailed): StartRefused {
  return new StartRefused(
    `PostgreSQL could not start on ${place.folder} (${startupFailure(failed.output)}): see ${log}; if the folder is broken, ${startAfresh(place)}.`,
    { cause: failed },
  );
}
