import type { Client } from 'pg';
import { queryOn } from './query.ts';
import { placeOf } from './migrations/refused-connection.ts';
import { sessionState } from './session-check.ts';
import { StartupError } from '../config/startup-error.ts';

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
 * @throws StartupError unless the encoding of the database is UTF8
 */
export async function requireUtf8(client: Client): Promise<string> {
  const { rows } = await client.query<DatabaseRow>(databaseSql);
  const [{ version, encoding, name } = { version: '', encoding: '', name: '' }] = rows;
  if (encoding === 'UTF8') return version;
  throw new StartupError(
    `The database ${name} has the encoding ${encoding}, and must have UTF8: ` +
      `CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.`,
  );
}

/**
 * Checks the settings of a session: a pooler may drop requested settings, and those it does not track must be set on
 * the role.
 * @throws StartupError when the session has other settings than the service needs
 */
export async function requireSettings(
  client: Client,
  { pooled, schema }: { pooled: boolean; schema: string },
): Promise<void> {
  const { isUnmarked, wrong } = await sessionState(queryOn(client), schema);
  if (isUnmarked && !pooled) {
    throw new StartupError(
      `The database ${placeOf(client)} can't be used: it is a connection pooler, which drops settings: ` +
        'DATABASE_DIRECT_URL must lead past it (docs/operations/pgbouncer.md).',
    );
  }
  if (wrong.length === 0) return;
  throw new StartupError(
    `Sessions of the role ${client.user ?? ''} can't be used: ${wrong.join('; ')}. ` +
      'Set that on the role (docs/operations/pgbouncer.md).',
  );
}
