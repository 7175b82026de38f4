import { postgresUrl, whole, yesOrNo } from './values.ts';
import type { Variable } from './variable.ts';

/** Where PostgreSQL is, and how it is used. */
export const databaseVariables = {
  DATABASE_URL: {
    section: 'Database',
    about:
      'A PostgreSQL 14 or newer; ?schema=app keeps the tables in another schema than public, ?host=/run/postgresql is a socket. Without it (not in production) the embedded PostgreSQL is used.',
    schema: postgresUrl,
    secret: true,
  },
  DATABASE_POOL_MAX: {
    section: 'Database',
    about:
      'Connections that the requests and jobs of a process share; a dozen more have work of their own (docs/reference/connections.md).',
    schema: whole(1, 500),
    default: '12',
  },
  DATABASE_CONNECT_TIMEOUT_MS: {
    section: 'Database',
    about: 'How long a request waits for a connection before it gets a 503.',
    schema: whole(50, 60_000),
    default: '3000',
  },
  DATABASE_STATEMENT_TIMEOUT_MS: {
    section: 'Database',
    about: 'The longest one statement may run. Waiting for a lock, it is given up after a quarter of that.',
    schema: whole(50, 600_000),
    default: '10000',
  },
  DATABASE_NAMED_STATEMENTS: {
    section: 'Database',
    about:
      'Prepared statements by name: faster; a transaction pooler has to track them (PgBouncer 1.21). Default: true, or false behind a pooler (DATABASE_DIRECT_URL).',
    schema: yesOrNo,
  },
  DATABASE_DIRECT_URL: {
    section: 'Database',
    about:
      'The same database without a transaction pooler in between, for the queue and migrations. When its host or port differ from those of DATABASE_URL, that one leads through a pooler (docs/operations/pgbouncer.md). Default: DATABASE_URL.',
    schema: postgresUrl,
    secret: true,
  },
} satisfies Record<string, Variable>;
