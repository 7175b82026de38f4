import { Logger } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import type { ClientBase } from 'pg';
import type { DatabaseConfig } from '../config/config.ts';
import { PrismaClient } from './generated/client.ts';
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
      ...poolOptions(config),
      max: config.poolMax,
      statement_timeout: config.statementTimeoutMs,
      lock_timeout: Math.ceil(config.statementTimeoutMs / lockWaitsPerStatement),
      onConnect: noticeAbandonment,
      // A server that hangs does not keep its own time.
      query_timeout: config.statementTimeoutMs + 1000,
      idle_in_transaction_session_timeout: config.statementTimeoutMs,
      connectionTimeoutMillis: config.connectTimeoutMs,
    });
    const complain = (error: Error): void => {
      // The pool does not wait until the connections it ends are closed.
      if (!pool.ending) this.log.warn(`A database connection was lost: ${error.message}`);
    };
    super({
      adapter: new PrismaPg(pool, {
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

/** What all connections of the process have in common. */
export function poolOptions(config: DatabaseConfig): {
  connectionString: string;
  application_name: string;
  keepAlive: true;
} {
  if (config.url === undefined) throw new Error('The database was not opened before it was used');
  return { connectionString: config.url, application_name: 'plinth', keepAlive: true };
}
