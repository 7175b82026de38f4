import { Client } from 'pg';
import type { Config } from '../config/config.ts';
import { databaseFailure } from './database-errors.ts';
import { migrate } from './migrations/migrate.ts';
import { StartRefused } from './start-refused.ts';

/** A database that answers and, outside of production, has every migration. */
export interface OpenDatabase {
  readonly url: string;
  /** For the banner: which server this is, without credentials. */
  readonly description: string;
  readonly embedded: boolean;
  /** Stops the embedded server; does nothing to any other. */
  readonly close: () => Promise<void>;
}

const reachTimeoutMs = 5000;

/**
 * Reaches the configured database, or starts the embedded one, and migrates it unless this is production.
 * @throws StartRefused
 */
export async function openDatabase({ database, service }: Config): Promise<OpenDatabase> {
  const opened = database.url === undefined ? await openEmbedded(service.dataDir) : await reach(database.url);
  try {
    if (service.environment !== 'production') await migrate({ url: opened.url });
    return opened;
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function openEmbedded(dataDir: string): Promise<OpenDatabase> {
  const { startEmbedded } = await import('./embedded/embedded-postgres.ts');
  const server = await startEmbedded({ dataDir });
  return {
    url: server.url,
    description: `embedded PostgreSQL ${server.version} on ${server.host}:${server.port}, data in ${dataDir}`,
    embedded: true,
    close: async () => {
      await server.stop();
    },
  };
}

async function reach(url: string): Promise<OpenDatabase> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: reachTimeoutMs });
  const place = `${client.host}:${client.port}/${client.database ?? ''}`;
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    const description = `PostgreSQL ${rows[0]?.server_version ?? ''} at ${place}`;
    return { url, description, embedded: false, close: async () => { await Promise.resolve(); } };
  } catch (error) {
    if (databaseFailure(error)?.kind !== 'unavailable') throw error;
    throw new StartRefused(`The database at ${place} can't be reached (${reasonOf(error)}). Check DATABASE_URL.`, {
      cause: error,
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason';
  if (error instanceof AggregateError && error.message === '') return reasonOf(error.errors[0]);
  return error.message;
}
