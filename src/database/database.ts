import { Logger } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import type { ClientBase } from 'pg';
import { readDatabaseUrl } from '../config/database-url.ts';
import type { DatabaseConfig } from '../config/config.ts';
import { PrismaClient } from './generated/client.ts';
import type { SessionOptions, SessionSettings } from './session.ts';
import { directSession, pooledSession } from './session.ts';
import { StatementNames } from './statement-names.ts';
import type { NamedStatement } from './transaction-connection.ts';
import { WatchedPool } from './transaction-connection.ts';

/** Above PostgreSQL's own timeouts, so that a transaction always ends there before Prisma gives its client away. */
const transactionTimeoutMs = 60_000;

/** A statement waits for a lock for this part of its time; then the request is answered 503. */
const lockWaitsPerStatement = 4;

/** How soon a server notices, in the middle of a statement, that nobody waits for it any more (PostgreSQL 14). */
const connectionCheckMs = 500;

/** The one client of the process's connection pool. Repositories reach it through the current transaction. */
export class Database extends PrismaClient {
  private readonly log = new Logger(Database.name);
  private readonly pool: WatchedPool;
  private readonly named: boolean;

  constructor(config: DatabaseConfig) {
    const names = new StatementNames('s');
    const pool = new WatchedPool(config.namedStatements, {
      onConnect: noticeAbandonment,
      ...poolOptions(config, timeouts(config)),
      max: config.poolMax,
      // A server that hangs does not keep its own time.
      query_timeout: config.statementTimeoutMs + 1000,
      connectionTimeoutMillis: config.connectTimeoutMs,
    });
    const complain = (error: Error): void => {
      // The pool does not wait until the connections it ends are closed.
      if (!pool.ending) this.log.warn(`A database connection was lost: ${error.message}`);
    };
    super({
      adapter: new PrismaPg(pool, {
        // What Prisma names in front of its tables; statements written here find them by the search path.
        schema: readDatabaseUrl(urlOf(config)).schema,
        disposeExternalPool: true,
        onPoolError: complain,
        onConnectionError: complain,
        ...(config.namedStatements ? { statementNameGenerator: ({ sql }: { sql: string }) => names.of(sql) } : {}),
      }),
      errorFormat: 'minimal',
      transactionOptions: { maxWait: config.connectTimeoutMs, timeout: transactionTimeoutMs },
    });
    this.pool = pool;
    this.named = config.namedStatements;
  }

  /** One statement on any connection of the pool, past Prisma. */
  async read({ name, text }: NamedStatement, values: readonly unknown[]): Promise<unknown[]> {
    const config = { text, values: [...values], ...(this.named && name !== '' ? { name } : {}) };
    return (await this.pool.query<Record<string, unknown>>(config)).rows;
  }
}

/** Not every operating system can tell a server that a connection was closed: such a one refuses, and does without. */
async function noticeAbandonment(client: ClientBase): Promise<void> {
  const text = `SELECT set_config('client_connection_check_interval', '${connectionCheckMs}', false)`;
  await client.query(text).catch(() => undefined);
}

/** How long a statement of a request may run and wait, and a transaction may be idle. */
function timeouts({ statementTimeoutMs }: DatabaseConfig): SessionSettings {
  return {
    statement_timeout: statementTimeoutMs,
    lock_timeout: Math.ceil(statementTimeoutMs / lockWaitsPerStatement),
    idle_in_transaction_session_timeout: statementTimeoutMs,
  };
}

/** What connections for requests and jobs have in common; behind a pooler the role has the settings instead. */
export function poolOptions(
  config: DatabaseConfig,
  settings: SessionSettings,
): SessionOptions & { readonly application_name: string } {
  const session = config.pooled ? pooledSession(urlOf(config)) : directSession(urlOf(config), settings);
  return { ...session, application_name: 'plinth' };
}

/** The URL of the database that was opened. */
export function urlOf({ url }: Pick<DatabaseConfig, 'url'>): string {
  if (url === undefined) throw new Error('The database was not opened before it was used');
  return url;
}
