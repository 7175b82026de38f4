import { Logger } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import type { ClientBase } from 'pg';
import { readDatabaseUrl } from '../config/database-url.ts';
import type { DatabaseConfig } from '../config/config.ts';
import { PrismaClient } from './generated/client.ts';
import type { PoolWaits } from './pool-waits.ts';
import type { PoolState } from './postgres-pool.ts';
import type { PreparedStatement } from './prepared-statement.ts';
import { StatementNames } from './prepared-statement.ts';
import type { SessionOptions, SessionSettings } from './session.ts';
import { directSession, pooledSession } from './session.ts';
import { TransactionPool } from './transaction-pool.ts';

/** Above PostgreSQL's own timeouts, so that the transaction ends there before Prisma releases its client. */
const transactionTimeoutMs = 60_000;

/** `lock_timeout` is this fraction of `statement_timeout`; then the response is 503. */
const lockWaitShare = 4;

/** How often the server checks during a statement that its client is still connected (PostgreSQL 14). */
const connectionCheckMs = 500;

/** Prisma's client on the main connection pool. Repositories use it through `Transactions`. */
export class Database extends PrismaClient {
  private readonly log = new Logger(Database.name);
  private readonly pool: TransactionPool;
  private readonly isNamed: boolean;

  constructor(config: DatabaseConfig) {
    const names = new StatementNames('s');
    const pool = new TransactionPool(config.preparedStatements, {
      onConnect: enableClientConnectionCheck,
      ...poolOptions(config, transactionTimeouts(config)),
      max: config.poolMax,
    });
    const warn = (error: Error): void => {
      // Connections may be reported as lost while the pool ends them.
      if (!pool.ending) this.log.warn({ err: error }, 'Database connection lost');
    };
    super({
      adapter: new PrismaPg(pool, {
        // Prisma qualifies its tables with it; hand-written statements rely on the search path.
        schema: readDatabaseUrl(urlOf(config)).schema,
        disposeExternalPool: true,
        onPoolError: warn,
        onConnectionError: warn,
        ...(config.preparedStatements ? { statementNameGenerator: ({ sql }: { sql: string }) => names.of(sql) } : {}),
      }),
      errorFormat: 'minimal',
      transactionOptions: { maxWait: config.connectTimeoutMs, timeout: transactionTimeoutMs },
    });
    this.pool = pool;
    this.isNamed = config.preparedStatements;
  }

  get poolState(): PoolState {
    return this.pool.state;
  }

  /** The calls that wait for a connection. */
  get waits(): PoolWaits {
    return this.pool.waits;
  }

  /** Runs one statement on any connection of the pool, without Prisma. */
  async read({ name, text }: PreparedStatement, values: readonly unknown[]): Promise<unknown[]> {
    const config = { text, values: [...values], ...(this.isNamed && name !== '' ? { name } : {}) };
    return (await this.pool.query<Record<string, unknown>>(config)).rows;
  }

  /** Closes the connections, after the work on them. */
  async close(): Promise<void> {
    await this.$disconnect();
    // Prisma ends the pool only if it has executed a query itself.
    if (!this.pool.ending) await this.pool.end();
  }
}

/**
 * Makes the server end a statement whose client has closed the connection. Not every operating system reports that to
 * the server; where it does not, the setting is refused.
 */
export async function enableClientConnectionCheck(client: ClientBase): Promise<void> {
  const text = `SELECT set_config('client_connection_check_interval', '${connectionCheckMs}', false)`;
  await client.query(text).catch(() => undefined);
}

/** Timeouts of a wait for locks, and of an idle transaction. */
function transactionTimeouts({ statementTimeoutMs }: DatabaseConfig): SessionSettings {
  return {
    lock_timeout: Math.ceil(statementTimeoutMs / lockWaitShare),
    idle_in_transaction_session_timeout: statementTimeoutMs,
  };
}

/** Options of a pool, with its timeouts in milliseconds. */
interface PoolOptions extends SessionOptions {
  readonly application_name: string;
  readonly query_timeout: number;
  readonly connectionTimeoutMillis: number;
}

/**
 * Options of every pool of the service.
 * @param settings of the sessions, besides `statement_timeout`; behind a pooler the role has them instead
 */
export function poolOptions(config: DatabaseConfig, settings: SessionSettings = {}): PoolOptions {
  const { pooled, statementTimeoutMs, connectTimeoutMs } = config;
  const url = urlOf(config);
  return {
    ...(pooled ? pooledSession(url) : directSession(url, { statement_timeout: statementTimeoutMs, ...settings })),
    application_name: 'plinth',
    // A server that hangs, or a dead connection, does not enforce statement_timeout.
    query_timeout: statementTimeoutMs + 1000,
    connectionTimeoutMillis: connectTimeoutMs,
  };
}

/** The configuration of direct connections to PostgreSQL, which bypass any pooler. */
export function directConfig(config: DatabaseConfig): DatabaseConfig {
  return { ...config, url: config.directUrl ?? config.url, pooled: false };
}

/** The URL of the opened database. */
export function urlOf({ url }: Pick<DatabaseConfig, 'url'>): string {
  if (url === undefined) throw new Error('The database must be opened before it is used');
  return url;
}
