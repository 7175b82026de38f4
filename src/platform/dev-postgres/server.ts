import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { StartupError } from '../config/startup-error.ts';
import type { Binaries } from './binaries.ts';
import type { ClusterLocation } from './cluster-location.ts';
import { recreateHint } from './cluster-location.ts';
import { lostPort, ServerFailed, startServer, startupFailure, stopServer } from './server-process.ts';

/** A cluster to serve, the programs for it, and where log and port are stored. */
export interface ServerOptions {
  readonly location: ClusterLocation;
  readonly binaries: Binaries;
  readonly settings: Readonly<Record<string, string>>;
  readonly dataDir: string;
  /** The log file. */
  readonly log: string;
}

/** A server that accepts connections. */
export interface RunningServer {
  readonly port: number;
  /** Resolves when the server has ended. */
  stop(): Promise<void>;
}

const maxAttempts = 5;

/**
 * Serves a cluster on 127.0.0.1, at the port of the last start when that is free.
 * @throws StartupError with the reason that PostgreSQL gave
 */
export async function serveCluster(options: ServerOptions): Promise<RunningServer> {
  let port = await preferredPort(options.dataDir);
  for (let attempt = 1; ; attempt++) {
    try {
      const child = await startServer({
        bin: options.binaries.bin,
        args: serverArguments(options, port),
        user: options.location.user,
        log: options.log,
      });
      storePort(options.dataDir, port);
      return { port, stop: stopOnce(child) };
    } catch (error) {
      if (!(error instanceof ServerFailed)) throw error;
      if (!lostPort(error.output) || attempt === maxAttempts) throw toStartupError(options, error);
      port = await freePort();
    }
  }
}

/** A port on 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const port = await probe(0);
  if (port === undefined) throw new Error('No port on 127.0.0.1 is free');
  return port;
}

function serverArguments({ location, settings }: ServerOptions, port: number): string[] {
  const all = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    // Readiness and failures are read from the log.
    log_destination: 'stderr',
    logging_collector: 'off',
    ...settings,
  };
  const pairs = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', location.folder, '-p', String(port), ...pairs];
}

/** A process that ends without stopping its server (process.exit, an uncaught error) requests its stop at least. */
function stopOnce(child: ChildProcess): () => Promise<void> {
  const requestStop = (): void => {
    child.kill('SIGINT');
  };
  process.once('exit', requestStop);
  return async () => {
    process.off('exit', requestStop);
    await stopServer(child);
  };
}

function toStartupError({ location, log }: ServerOptions, failed: ServerFailed): StartupError {
  return new StartupError(
    `PostgreSQL could not start on ${location.folder} (${startupFailure(failed.output)}): ` +
      `see ${log}; if the folder is broken, ${recreateHint(location)}.`,
    { cause: failed },
  );
}

/** The port of the last start when it is free, else any free one. Another process may still take it first. */
async function preferredPort(dataDir: string): Promise<number> {
  const last = storedPort(dataDir);
  return (last === undefined ? undefined : await probe(last)) ?? (await freePort());
}

async function probe(port: number): Promise<number | undefined> {
  const server = createServer();
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening');
  } catch {
    return undefined;
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  return address === null || typeof address === 'string' ? undefined : address.port;
}

function storePort(dataDir: string, port: number): void {
  const file = portFile(dataDir);
  writeFileSync(`${file}.new`, `${port}\n`);
  renameSync(`${file}.new`, file);
}

function storedPort(dataDir: string): number | undefined {
  try {
    const port = Number(readFileSync(portFile(dataDir), 'utf8'));
    return Number.isInteger(port) && port >= 1024 && port <= 65_535 ? port : undefined;
  } catch {
    return undefined;
  }
}

function portFile(dataDir: string): string {
  return join(dataDir, 'postgres-port');
}
