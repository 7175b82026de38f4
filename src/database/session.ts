import type { ClientBase } from 'pg';
import { escapeIdentifier } from 'pg';
import { readDatabaseUrl } from '../config/database-url.ts';

/** Settings of a session by PostgreSQL's names; numbers are milliseconds. */
export type SessionSettings = Readonly<Record<string, string | number>>;

/**
 * What PgBouncer follows by itself: in transaction mode it gives each server connection the values that the client has
 * set. Every other setting made through it would stay behind on some connection, for whichever client is next.
 */
const followed = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  standard_conforming_strings: 'on',
};

/**
 * What changes how values are read and written, or what a statement does. The server, the database, the role or the shell
 * may say something else: Prisma takes every time for one in UTC and in ISO form, and the service repeats what loses
 * against others only as READ COMMITTED loses.
 */
const pinned: SessionSettings = {
  ...followed,
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

/** Means nothing to PostgreSQL. A session without it has lost what came with its request to connect. */
export const mark = { name: 'plinth.session', value: 'direct' } as const;

/** What every session has to have, whoever gave it that. */
export const requiredSettings: Readonly<Record<string, string>> = {
  ...followed,
  client_encoding: 'UTF8',
  default_transaction_isolation: 'read committed',
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
 * the pooler does not follow are the role's or the database's to have: checked at the start (session-check.ts).
 */
export function pooledSession(url: string): SessionOptions {
  const settings = Object.entries(followed).map(([name, value]) => `SET ${name} = '${value}'`);
  const { connectionString, options } = readDatabaseUrl(url);
  return {
    connectionString,
    keepAlive: true,
    // Most poolers refuse them, and say so.
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
