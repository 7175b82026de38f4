import type { Variable } from './values.ts';
import { boolean, integer, postgresUrl } from './values.ts';

export const databaseVariables = {
  DATABASE_URL: {
    section: 'Database',
    description:
      'URL of a PostgreSQL 14 or newer; ?schema=app puts the tables into another schema than public, ' +
      '?host=/run/postgresql is a socket. Without it (not in production) the embedded PostgreSQL is used.',
    schema: postgresUrl,
    secret: true,
  },
  DATABASE_POOL_MAX: {
    section: 'Database',
    description:
      'Connections that the requests and jobs of a process share; a dozen more serve other purposes ' +
      '(docs/reference/connections.md).',
    schema: integer(1, 500),
    default: '12',
  },
  DATABASE_CONNECT_TIMEOUT_MS: {
    section: 'Database',
    description: 'How long a request waits for a connection before it gets a 503.',
    schema: integer(50, 60_000),
    default: '3000',
  },
  DATABASE_STATEMENT_TIMEOUT_MS: {
    section: 'Database',
    description: 'Maximum duration of one statement. Waiting for a lock ends after a quarter of that.',
    schema: integer(50, 600_000),
    default: '10000',
  },
  DATABASE_PREPARED_STATEMENTS: {
    section: 'Database',
    description:
      'Named prepared statements: faster; a transaction pooler has to track them (PgBouncer 1.21). Default: true, or ' +
      'false with a pooler (DATABASE_DIRECT_URL).',
    schema: boolean,
  },
  DATABASE_DIRECT_URL: {
    section: 'Database',
    description:
      'The same database without a transaction pooler in between, for the queue and migrations. When its host or ' +
      'port differ from those of DATABASE_URL, that one leads through a pooler (docs/operations/pgbouncer.md). ' +
      'Default: DATABASE_URL.',
    schema: postgresUrl,
    secret: true,
  },
} satisfies Record<string, Variable>;
