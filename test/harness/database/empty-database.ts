import { randomBytes } from 'node:crypto';
import { withDatabase } from '../../../src/platform/database/migrations/connection.ts';
import { newClient, onServer, serverUrl, urlsOf } from './database.ts';
import { databaseMode } from './database-mode.ts';
import { rolesPage } from './roles-page.ts';
import { onTeardown } from '../process/service-process.ts';

/**
 * Creates a database without tables on the server of this run; it is dropped after the last test of the file. Its URL
 * is of a role that may migrate it.
 * @param options further ones of CREATE DATABASE
 */
export async function emptyDatabase(options = ''): Promise<string> {
  const name = `test_empty_${randomBytes(6).toString('hex')}`;
  await onServer(`CREATE DATABASE ${name} STRATEGY file_copy ${options}`);
  onTeardown(async () => {
    await onServer(`DROP DATABASE ${name} WITH (FORCE)`);
  });
  const url = withDatabase(serverUrl(), name);
  if (databaseMode === 'least-privilege') {
    await query(url, rolesPage({ plinth: name }).schemas);
    // It is the role of the service too: a service in development applies migrations at startup.
    await query(url, `GRANT TEMPORARY ON DATABASE ${name} TO plinth_migrate`);
  }
  return urlsOf(url).migrating;
}

/** Runs one query on a database. */
export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = newClient(url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
