import type { ClientBase, PoolClient, PoolConfig, QueryConfig, QueryResult, QueryResultRow } from 'pg';
import type { PoolState } from './postgres-pool.ts';
import { PostgresPool } from './postgres-pool.ts';

/** As pg's, whose type does not declare that the pool awaits `onConnect`. */
interface SharedPoolOptions extends Omit<PoolConfig, 'max' | 'onConnect'> {
  /** Limits the wait for a connection of a share too. */
  readonly connectionTimeoutMillis: number;
  readonly onConnect?: (client: ClientBase) => Promise<void>;
}

/** A pool that is divided into shares, each with a number of connections that no other share can use up. */
export class SharedPool {
  private pool: PostgresPool | undefined;
  private size = 0;
  private readonly shares: PoolShare[] = [];
  private ended = false;

  constructor(private readonly options: SharedPoolOptions) {}

  /**
   * Reserves connections, and enlarges the pool by them; they are opened when they are needed.
   * @throws when the pool is in use: shares are reserved while the application is created
   */
  share(connections: number): PoolShare {
    if (this.pool !== undefined) throw new Error('The pool is in use, and its size is fixed');
    this.size += connections;
    const share = new PoolShare(() => this.open(), connections, this.options.connectionTimeoutMillis);
    this.shares.push(share);
    return share;
  }

  get poolState(): PoolState {
    const waiting = this.shares.reduce((sum, share) => sum + share.waitingCount, 0);
    const { used, idle } = this.pool?.state ?? { used: 0, idle: 0 };
    return { used, idle, waiting, max: this.size };
  }

  /** Closes the connections, after the work on them. */
  async end(): Promise<void> {
    this.ended = true;
    await this.pool?.end();
  }

  private open(): PostgresPool {
    // As node-postgres reports it; a pool that was opened now would not be closed.
    if (this.ended) throw new Error('Cannot use a pool after calling end on the pool');
    return (this.pool ??= new PostgresPool({ ...this.options, max: this.size }));
  }
}

/** The reserved connections of one purpose. */
export class PoolShare {
  /** Calls that wait for a connection of the share, in their order. */
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly pool: () => PostgresPool,
    private free: number,
    private readonly waitMs: number,
  ) {}

  get waitingCount(): number {
    return this.waiting.size;
  }

  /**
   * Runs one statement.
   * @param statement with a `query_timeout` in milliseconds if it is not that of the pool
   * @throws errors of node-postgres; database-errors.ts classifies them
   */
  async query<Row extends QueryResultRow>(
    statement: QueryConfig & { readonly query_timeout?: number },
  ): Promise<QueryResult<Row>> {
    return await this.withConnection(async (client) => await client.query<Row>(statement));
  }

  /** Runs work on one connection, which is closed if the work throws: that rolls back an open transaction. */
  async withConnection<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    await this.acquire();
    try {
      const client = await this.pool().connect();
      let isReusable = false;
      try {
        const result = await work(client);
        isReusable = true;
        return result;
      } finally {
        client.release(!isReusable);
      }
    } finally {
      this.release();
    }
  }

  private async acquire(): Promise<void> {
    if (this.free > 0) {
      this.free -= 1;
      return;
    }
    const turn = Promise.withResolvers<undefined>();
    const pass = (): void => {
      turn.resolve(undefined);
    };
    const timer = setTimeout(() => {
      this.waiting.delete(pass);
      // As node-postgres reports a pool without a free connection.
      turn.reject(new Error('timeout exceeded when trying to connect'));
    }, this.waitMs);
    this.waiting.add(pass);
    try {
      await turn.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Passes the connection on to the call that has waited longest. */
  private release(): void {
    const [next] = this.waiting;
    if (next === undefined) {
      this.free += 1;
      return;
    }
    this.waiting.delete(next);
    next();
  }
}
