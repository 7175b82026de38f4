import type { ClientBase } from 'pg';
import { escapeIdentifier } from 'pg';
import { readDatabaseUrl } from '../config/database-url.ts';

/** Session settings by PostgreSQL's names; numbers are milliseconds. */
export type SessionSettings = Readonly<Record<string, string | number>>;

/**
 * The settings that PgBouncer tracks: in transaction mode it applies the client's values to the server connection. Any
 * other SET would remain on the server connection for the next client.
 */
const tracked = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  standard_conforming_strings: 'on',
};

/**
 * Settings that change how values are read and written, or what a statement does; the server, the database, the role or
 * the environment may have other values. Prisma writes times in UTC without a zone, and reads every time as UTC in ISO
 * form. Above READ COMMITTED, a statement that has waited for a row fails instead of continuing.
 */
const pinned: SessionSettings = {
  ...tracked,
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  array_nulls: 'on',
  default_transaction_isolation: 'read committed',
  // Connections that LISTEN are idle for long.
  idle_session_timeout: 0,
  statement_timeout: 0,
  lock_timeout: 0,
  idle_in_transaction_session_timeout: 0,
};

/** A custom setting that shows whether a direct session has its startup settings. */
export const mark = { name: 'plinth.session', value: 'direct' } as const;

/** Settings that every session must have, from the startup message or from the role. */
export const requiredSettings: Readonly<Record<string, string>> = {
  ...tracked,
  client_encoding: 'UTF8',
  default_transaction_isolation: 'read committed',
  // Otherwise no trigger runs: audit events could be changed, and revoked sessions would stay cached. Only a superuser
  // may set it, so it is checked instead of sent at startup.
  session_replication_role: 'origin',
};

/** Options of node-postgres: the server, and the session's settings. They spread into the options of a pool. */
export interface SessionOptions {
  readonly connectionString: string;
  readonly keepAlive: true;
  readonly options?: string;
  readonly onConnect?: (client: ClientBase) => Promise<void>;
}

/**
 * A direct session. The settings are part of the startup message: they cost no round trip, override those of the role,
 * and are the values that RESET restores.
 */
export function directSession(url: string, settings: SessionSettings = {}): SessionOptions {
  const { connectionString, schema, options } = readDatabaseUrl(url);
  const all: SessionSettings = {
    ...{ [mark.name]: mark.value, ...pinned, search_path: escapeIdentifier(schema) },
    ...settings,
  };
  return {
    connectionString,
    keepAlive: true,
    // PostgreSQL uses the last value of a name.
    options: [options, ...Object.entries(all).map(([name, value]) => option(name, String(value)))].join(' ').trim(),
  };
}

/**
 * A session behind a pooler in transaction mode, which refuses settings in the startup message. Settings that the
 * pooler does not track must be set on the role or the database; requirements.ts checks them at startup.
 */
export function pooledSession(url: string): SessionOptions {
  const settings = Object.entries(tracked).map(([name, value]) => `SET ${name} = '${value}'`);
  const { connectionString, options } = readDatabaseUrl(url);
  return {
    connectionString,
    keepAlive: true,
    // Omitted when empty, because most poolers refuse the parameter.
    ...(options !== '' && { options }),
    onConnect: async (client) => {
      await client.query(settings.join('; '));
    },
  };
}

/** PostgreSQL splits options at spaces that no backslash precedes. */
function option(name: string, value: string): string {
  return `-c ${name}=${value.replaceAll(/[\\\s]/g, String.raw`\$&`)}`;
}
