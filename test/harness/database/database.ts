import { randomBytes } from 'node:crypto';
import { Client, Pool } from 'pg';
import { withDatabase } from '../../../src/platform/database/migrations/connection.ts';
import { directSession } from '../../../src/platform/database/session.ts';
import { databaseMode } from './database-mode.ts';
import { throughPort } from './pgbouncer.ts';
import { pageRoles } from './roles-page.ts';

/** A database of one test file, copied from the migrated template. */
export interface TestDatabase {
  /** As the service reaches it. */
  readonly url: string;
  /** For the test itself: the server's superuser, where the tables are. */
  readonly pool: Pool;
  /** The same as a URL. */
  readonly ownUrl: string;
  /** Limits the time of statements by the role, as with a pooler: docs/operations/pgbouncer.md. */
  readonly limit: (statementMs: number) => Promise<void>;
  /** Drops the database and terminates its connections. */
  readonly drop: () => Promise<void>;
}

/** Variables of a service. */
type Variables = Readonly<Record<string, string>>;

/** The server of this run. */
export function serverUrl(): string {
  // From the global setup of Jest, which passes values to its processes by the environment, as the ones below.
  const url = process.env['TEST_DATABASE_URL'];
  if (url === undefined) throw new Error('TEST_DATABASE_URL is not set: run the e2e project, which starts a server');
  return url;
}

/** A client with the session settings of the service, independent of the role's. */
export function newClient(url: string): Client {
  return new Client(directSession(url));
}

/** Runs one statement as the server's superuser. */
export async function onServer(sql: string): Promise<void> {
  const client = newClient(serverUrl());
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Creates a migrated, empty database for one test file. Copying its files takes a third of the time of logging its pages. */
export async function createDatabase(): Promise<TestDatabase> {
  // From Jest.
  const name = `test_${process.env['JEST_WORKER_ID'] ?? '0'}_${randomBytes(6).toString('hex')}`;
  await onServer(`CREATE DATABASE ${name} TEMPLATE plinth_template STRATEGY file_copy`);
  const { ownUrl, serving } = urlsOf(withDatabase(serverUrl(), name));
  const pool = new Pool({ ...directSession(ownUrl), max: 4 });
  // Tests stop servers and drop databases under it.
  pool.on('error', () => undefined);
  return {
    url: serving,
    pool,
    ownUrl,
    limit: async (statementMs) => {
      const limits = { statement_timeout: statementMs, lock_timeout: Math.ceil(statementMs / 4) };
      for (const [setting, ms] of Object.entries({ ...limits, idle_in_transaction_session_timeout: statementMs }))
        await onServer(`ALTER ROLE ${new URL(serving).username} IN DATABASE ${name} SET ${setting} = ${ms}`);
    },
    drop: async () => {
      await pool.end();
      await onServer(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

/** The URLs of a database by who uses it; with roles of few rights they differ. */
export function urlsOf(url: string): { ownUrl: string; migrating: string; serving: string } {
  if (databaseMode !== 'least-privilege') return { ownUrl: url, migrating: url, serving: url };
  const { schema, plinth_migrate, plinth_app } = pageRoles;
  const as = (credentials: Partial<URL>): string => {
    const other = Object.assign(new URL(url), credentials);
    other.searchParams.set('schema', schema);
    return other.href;
  };
  return {
    ownUrl: as({}),
    migrating: as({ username: 'plinth_migrate', password: plinth_migrate }),
    serving: as({ username: 'plinth_app', password: plinth_app }),
  };
}

/** The same variables with the URL of this run's pooler, if it has one. */
export function throughPooler(variables: Variables): Variables {
  const { DATABASE_URL: url, DATABASE_DIRECT_URL: directUrl } = variables;
  // From the global setup.
  const port = process.env['TEST_POOLER_PORT'];
  if (port === undefined || url === undefined || directUrl !== undefined) return variables;
  if (new URL(url).port !== new URL(serverUrl()).port) return variables;
  return { ...variables, DATABASE_URL: throughPort(url, port), DATABASE_DIRECT_URL: url };
}
