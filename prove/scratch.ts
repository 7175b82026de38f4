import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'pg';
import { startEmbedded } from '../src/database/embedded/embedded-postgres.ts';
import { withConnection, withDatabase } from '../src/database/migrations/connection.ts';
import { migrate } from '../src/database/migrations/migrate.ts';
import { directSession } from '../src/database/session.ts';
import { migrateQueue } from '../src/queue/migrate-queue.ts';

/** A migrated database that nobody else uses, and a folder. */
export interface Scratch {
  readonly url: string;
  readonly pool: Pool;
  readonly folder: string;
  /** Removes both. */
  readonly remove: () => Promise<void>;
}

/** The package's folder: this file is compiled into dist/prove/prove. */
const packageFolder = join(import.meta.dirname, '../../..');

/** Starts a PostgreSQL with its default settings in a temporary folder, or makes a database on the server of TEST_DATABASE_URL. */
export async function openScratch(): Promise<Scratch> {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-prove-'));
  // When root proves, the embedded server is another user's process and has to get here.
  chmodSync(folder, 0o755);
  const given = process.env['TEST_DATABASE_URL'];
  const server = given === undefined ? await embeddedServer(folder) : await databaseOn(given);
  try {
    await migrate({ url: server.url, folder: join(packageFolder, 'prisma/migrations') });
    await migrateQueue(server.url);
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
  const name = `prove_${randomBytes(6).toString('hex')}`;
  const run = async (sql: string): Promise<void> => {
    await withConnection(server, async (client) => await client.query(sql));
  };
  await run(`CREATE DATABASE ${name}`);
  return {
    url: withDatabase(server, name),
    stop: async () => {
      await run(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}
