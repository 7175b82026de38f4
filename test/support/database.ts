import { randomBytes } from 'node:crypto';
import { Client, Pool } from 'pg';

/** A database of one test file, copied from the migrated template. */
export interface TestDatabase {
  readonly url: string;
  readonly pool: Pool;
  /** Removes it, whoever is still connected. */
  readonly drop: () => Promise<void>;
}

/** The server of this run. */
export function serverUrl(): string {
  const url = process.env['TEST_DATABASE_URL'];
  if (url === undefined) throw new Error('TEST_DATABASE_URL is not set: run the e2e project, which starts a server');
  return url;
}

/** Runs one statement as the server's superuser. */
export async function onServer(sql: string): Promise<void> {
  const client = new Client({ connectionString: serverUrl() });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Makes a migrated, empty database that nobody else uses. */
export async function createDatabase(): Promise<TestDatabase> {
  const name = `test_${process.env['JEST_WORKER_ID'] ?? '0'}_${randomBytes(6).toString('hex')}`;
  await onServer(`CREATE DATABASE ${name} TEMPLATE plinth_template STRATEGY wal_log`);
  const url = new URL(serverUrl());
  url.pathname = `/${name}`;
  const pool = new Pool({ connectionString: url.href, max: 4 });
  // Tests stop servers and drop databases under it.
  pool.on('error', () => undefined);
  return {
    url: url.href,
    pool,
    drop: async () => {
      await pool.end();
      await onServer(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}
