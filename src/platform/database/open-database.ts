import type { Config, DatabaseConfig } from '../config/config.ts';
import { readDatabaseUrl } from '../config/database-url.ts';
import { withConnection } from './migrations/connection.ts';
import { migrate } from './migrations/migrate.ts';
import { placeOf } from './migrations/refused-connection.ts';
import { requireSettings, requireUtf8 } from './requirements.ts';
import { pooledSession } from './session.ts';

/** A database that accepts connections and, outside of production, has every migration. */
export interface OpenDatabase {
  readonly url: string;
  /** The server and its location, without credentials. */
  readonly description: string;
  readonly embedded: boolean;
  /** Stops the embedded server if this process started it; otherwise does nothing. */
  readonly close: () => Promise<void>;
}

/**
 * Connects to the configured database, or starts the embedded one, and migrates it unless this is production. A command
 * uses the embedded server of a running service; a service shares its own.
 * @throws StartupError
 */
export async function openDatabase(
  { database, service }: Config,
  { as }: { as: 'service' | 'command' },
): Promise<OpenDatabase> {
  const opened =
    database.url === undefined
      ? await openEmbedded(service.dataDir, as)
      : await connectExternal(database, database.url);
  try {
    if (service.environment !== 'production') await migrate({ url: database.directUrl ?? opened.url });
    return opened;
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function openEmbedded(dataDir: string, as: 'service' | 'command'): Promise<OpenDatabase> {
  const { connectOrStartEmbedded, startEmbedded } = await import('../dev-postgres/dev-postgres.ts');
  const server =
    as === 'service' ? await startEmbedded({ dataDir, shared: true }) : await connectOrStartEmbedded({ dataDir });
  return {
    url: server.url,
    description: `embedded PostgreSQL ${server.version} on ${server.host}:${server.port}, data in ${dataDir}`,
    embedded: true,
    close: async () => {
      await server.stop();
    },
  };
}

async function connectExternal({ pooled, directUrl }: DatabaseConfig, url: string): Promise<OpenDatabase> {
  const description = await inspect(url, pooled);
  if (pooled && directUrl !== undefined) await inspect(directUrl, false);
  return {
    url,
    description,
    embedded: false,
    close: async () => {
      await Promise.resolve();
    },
  };
}

async function inspect(url: string, pooled: boolean): Promise<string> {
  return await withConnection(
    url,
    async (client) => {
      const version = await requireUtf8(client);
      await requireSettings(client, { pooled, schema: readDatabaseUrl(url).schema });
      return `PostgreSQL ${version} at ${placeOf(client)}`;
    },
    pooled ? pooledSession(url) : undefined,
  );
}
