import type { Config, DatabaseConfig } from '../config/config.ts';
import { readDatabaseUrl } from '../config/database-url.ts';
import { withConnection } from './migrations/connection.ts';
import { migrate } from './migrations/migrate.ts';
import { placeOf } from './migrations/refused-connection.ts';
import { requireSettings, requireUtf8 } from './requirements.ts';
import { pooledSession } from './session.ts';

/** A database that answers and, outside of production, has every migration. */
export interface OpenDatabase {
  readonly url: string;
  /** For the banner: which server this is, without credentials. */
  readonly description: string;
  readonly embedded: boolean;
  /** Stops the embedded server; does nothing to any other. */
  readonly close: () => Promise<void>;
}

/**
 * Reaches the configured database, or starts the embedded one, and migrates it unless this is production.
 * @throws StartRefused
 */
export async function openDatabase({ database, service }: Config): Promise<OpenDatabase> {
  const opened = database.url === undefined ? await openEmbedded(service.dataDir) : await reach(database, database.url);
  try {
    if (service.environment !== 'production') await migrate({ url: database.directUrl ?? opened.url });
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

async function reach({ pooled, directUrl }: DatabaseConfig, url: string): Promise<OpenDatabase> {
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
