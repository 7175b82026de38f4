import type { Client } from 'pg';
import { queryOn } from './migrations/migration-history.ts';
import { placeOf } from './migrations/refused-connection.ts';
import { sessionState } from './session-check.ts';
import { StartRefused } from './start-refused.ts';

interface DatabaseRow {
  readonly version: string;
  readonly encoding: string;
  readonly name: string;
}

const databaseSql = `
  SELECT current_setting('server_version') AS version, pg_encoding_to_char(encoding) AS encoding, datname AS name
  FROM pg_database WHERE datname = current_database()`;

/**
 * Returns the server's version.
 * @throws StartRefused when the database holds no UTF-8
 */
export async function requireUtf8(client: Client): Promise<string> {
  const { rows } = await client.query<DatabaseRow>(databaseSql);
  const [{ version, encoding, name } = { version: '', encoding: '', name: '' }] = rows;
  if (encoding === 'UTF8') return version;
  throw new StartRefused(
    `The database ${name} has the encoding ${encoding}, and must have UTF8: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.`,
  );
}

/**
 * A pooler may drop the settings that were asked for, and behind one the role must have those that it does not track.
 * @throws StartRefused when the session has other settings than the service needs
 */
export async function requireSettings(
  client: Client,
  { pooled, schema }: { pooled: boolean; schema: string },
): Promise<void> {
  const { isUnmarked, wrong } = await sessionState(queryOn(client), schema);
  if (isUnmarked && !pooled) {
    throw new StartRefused(
      `The database ${placeOf(client)} can't be used: it is a connection pooler, which drops settings: DATABASE_DIRECT_URL must lead past it (docs/operations/pgbouncer.md).`,
    );
  }
  if (wrong.length === 0) return;
  throw new StartRefused(
    `Sessions of the role ${client.user ?? ''} can't be used: ${wrong.join('; ')}. Set that on the role (docs/operations/pgbouncer.md).`,
  );
}
