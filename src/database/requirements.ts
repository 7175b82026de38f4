import type { Client } from 'pg';
import { sessionState } from './session-check.ts';
import { StartRefused } from './start-refused.ts';

const oldestMajor = 14;

interface ServerRow {
  readonly version: string;
  readonly major: number;
  readonly encoding: string;
  readonly database: string;
}

const serverSql = `
  SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int / 10000 AS major,
    pg_encoding_to_char(encoding) AS encoding, datname AS database
  FROM pg_database WHERE datname = current_database()`;

/**
 * Returns the server's version.
 * @throws StartRefused when the server is too old, or the database holds no UTF-8
 */
export async function requireUsable(client: Client): Promise<string> {
  const { rows } = await client.query<ServerRow>(serverSql);
  const [{ version, major, encoding, database } = { version: '', major: 0, encoding: '', database: '' }] = rows;
  if (major < oldestMajor) {
    throw new StartRefused(`PostgreSQL ${version} is too old: it must be ${oldestMajor} or newer.`);
  }
  if (encoding !== 'UTF8') {
    throw new StartRefused(
      `The database ${database} has the encoding ${encoding}, and must have UTF8: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.`,
    );
  }
  return version;
}

/**
 * For sessions that come through a pooler.
 * @throws StartRefused when they do not have the settings that only the role or the pooler can give them
 */
export async function requireSettings(client: Client, schema: string): Promise<void> {
  const { wrong } = await sessionState(
    async (sql, values) => (await client.query<Record<string, unknown>>(sql, values)).rows,
    schema,
  );
  if (wrong.length === 0) return;
  throw new StartRefused(
    `Sessions of the role ${client.user ?? ''} can't be used: ${wrong.join('; ')}. Set that on the role (docs/operations/pgbouncer.md).`,
  );
}
