import type { ClientBase } from 'pg';
import { escapeIdentifier } from 'pg';
import { readDatabaseUrl } from '../config/database-url.ts';

/** Settings of a session by PostgreSQL's names; numbers are milliseconds. */
export type SessionSettings = Readonly<Record<string, string | number>>;

/**
 * The settings that PgBouncer tracks: in transaction mode it gives each server connection the values of the client that it
 * serves. Any other SET would stay on one server connection, for whichever client uses that next.
 */
const tracked = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  standard_conforming_strings: 'on',
};

/**
 * What changes how values are read and written, or what a statement does; the server, the database, the role or the shell
 * may have other values. Prisma writes times in UTC without a zone and reads every time as UTC in ISO form. At higher
 * isolation levels than READ COMMITTED, statements that wait for a row fail instead of going on.
 */
const pinned: SessionSettings = {
  ...tracked,
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  array_nulls: 'on',
  default_transaction_isolation: 'read committed',
  // Connections that listen are idle for long.
  idle_session_timeout: 0,
  statement_timeout: 0,
  lock_timeout: 0,
  idle_in_transaction_session_timeout: 0,
};

/** A custom setting. A direct session without it has lost the settings that came with its request to connect. */
export const mark = { name: 'plinth.session', value: 'direct' } as const;

/** What every session has to have, whoever gave it that. */
export const requiredSettings: Readonly<Record<string, string>> = {
  ...tracked,
  client_encoding: 'UTF8',
  default_transaction_isolation: 'read committed',
  // Otherwise no trigger runs: audit events could be changed, and the end of a session would not be told. Only a superuser
  // may set it, so that it can't be sent with the request to connect.
  session_replication_role: 'origin',
};

/** For node-postgres: where a connection leads and what its session is set to. Spreads into the options of a pool. */
export interface SessionOptions {
  readonly connectionString: string;
  readonly keepAlive: true;
  readonly options?: string;
  readonly onConnect?: (client: ClientBase) => Promise<void>;
}

/**
 * A session of the server itself. The settings go with the request to connect, so that they cost nothing, hold whatever
 * the role says, and are what RESET goes back to.
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
    // The last one of a name counts.
    options: [options, ...Object.entries(all).map(([name, value]) => option(name, String(value)))].join(' ').trim(),
  };
}

/**
 * Sessions behind a pooler in transaction mode, which refuses settings that come with the request to connect. Those that
 * the pooler does not track have to be set on the role or the database; the start checks them (requirements.ts).
 */
export function pooledSession(url: string): SessionOptions {
  const settings = Object.entries(tracked).map(([name, value]) => `SET ${name} = '${value}'`);
  const { connectionString, options } = readDatabaseUrl(url);
  return {
    connectionString,
    keepAlive: true,
    // Most poolers refuse them with an error.
    ...(options !== '' && { options }),
    onConnect: async (client) => {
      await client.query(settings.join('; '));
    },
  };
}

/** As PostgreSQL splits the options of a command line: at spaces, unless a backslash stands before them. */
function option(name: string, value: string): string {
  return `-c ${name}=${value.replaceAll(/[\\\s]/g, String.raw`\$&`)}`;
}
