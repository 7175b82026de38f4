import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'pg';
import { startEmbedded } from '../../../src/platform/dev-postgres/dev-postgres.ts';
import { withConnection, withDatabase } from '../../../src/platform/database/migrations/connection.ts';
import { migrate } from '../../../src/platform/database/migrations/migrate.ts';
import { directSession } from '../../../src/platform/database/session.ts';

/** A migrated database for one scenario, and a folder. */
export interface TemporaryDatabase {
  readonly url: string;
  readonly pool: Pool;
  readonly folder: string;
  /** Removes both. */
  readonly remove: () => Promise<void>;
}

/** The package's folder: this file is compiled into dist/faults/test/harness/database. */
const packageFolder = join(import.meta.dirname, '../../../../..');

/**
 * Starts a PostgreSQL with its default settings in a temporary folder, or creates a database on the server of
 * TEST_DATABASE_URL.
 */
export async function openTemporaryDatabase(): Promise<TemporaryDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-faults-'));
  // When root runs the scenario, the embedded server runs as another user and must have access.
  chmodSync(folder, 0o755);
  const serverUrl = process.env['TEST_DATABASE_URL'];
  const server = serverUrl === undefined ? await embeddedServer(folder) : await databaseOn(serverUrl);
  try {
    await migrate({ url: server.url, folder: join(packageFolder, 'prisma/migrations') });
  } catch (error) {
    await server.stop();
    throw error;
  }
  const pool = new Pool({ ...directSession(server.url), max: 6 });
  pool.on('error', () => undefined);
  return {
    url: server.url,
    pool,
    folder,
    remove: async () => {
      await pool.end();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function embeddedServer(folder: string): Promise<{ url: string; stop: () => Promise<void> }> {
  return await startEmbedded({ dataDir: join(folder, 'data') });
}

async function databaseOn(server: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const name = `scenario_${randomBytes(6).toString('hex')}`;
  const execute = async (sql: string): Promise<void> => {
    await withConnection(server, async (client) => await client.query(sql));
  };
  await execute(`CREATE DATABASE ${name}`);
  return {
    url: withDatabase(server, name),
    stop: async () => {
      await execute(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}
