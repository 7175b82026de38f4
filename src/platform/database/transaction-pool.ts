import type { ClientBase, Pool, PoolClient, PoolConfig } from 'pg';
import { PoolWaits } from './pool-waits.ts';
import { PostgresClient, PostgresPool } from './postgres-pool.ts';
import type { TransactionClient } from './transaction-client.ts';
import { activeTransactionClient } from './transaction-client.ts';

/** As pg's, whose type does not declare that the pool awaits `onConnect`. */
interface TransactionPoolConfig extends Omit<PoolConfig, 'onConnect'> {
  readonly onConnect: (client: ClientBase) => Promise<void>;
}

/** The main pool. It assigns the connection that Prisma takes for a transaction to the current TransactionClient. */
export class TransactionPool extends PostgresPool {
  readonly waits = new PoolWaits();

  constructor(
    private readonly isNamed: boolean,
    options: TransactionPoolConfig,
  ) {
    // In pipeline mode a statement is sent without waiting for the results of those before it.
    super({ ...options, pipeline: isNamed, Client: TransactionConnection });
    this.on('release', (_, client) => {
      if (client instanceof TransactionConnection) client.detach();
    });
  }

  override connect(): Promise<PoolClient>;
  override connect(callback: Parameters<Pool['connect']>[0]): void;
  override connect(callback?: Parameters<Pool['connect']>[0]): Promise<PoolClient> | void {
    if (callback === undefined) return this.connectTransaction();
    // The pool's own query() passes a callback: a single statement outside of transactions.
    const endWait = this.beginWait();
    super.connect((error, client, release) => {
      endWait();
      callback(error, client, release);
    });
    return undefined;
  }

  private async connectTransaction(): Promise<PoolClient> {
    // Read before the await: the pool's `acquire` event runs in the context of the caller that released a connection.
    const transaction = activeTransactionClient();
    const client = await this.connectAndWait();
    if (transaction === undefined || !(client instanceof TransactionConnection)) return client;
    transaction.attach(client, this.isNamed);
    client.attach(transaction, this.isNamed);
    return client;
  }

  private async connectAndWait(): Promise<PoolClient> {
    const endWait = this.beginWait();
    try {
      return await super.connect();
    } finally {
      endWait();
    }
  }

  /** A call that finds an idle connection does not wait. */
  private beginWait(): () => void {
    return this.idleCount > 0 ? noWait : this.waits.begin();
  }
}

function noWait(): void {
  // Nothing has begun.
}

/**
 * A connection that sends the BEGIN with the first statement of its transaction, and the last one with the COMMIT.
 * Prisma's driver adapter sends BEGIN and COMMIT itself and does not expose its connection.
 */
class TransactionConnection extends PostgresClient {
  private transaction: TransactionClient | undefined;
  private isPipelined = false;
  /** Sends a BEGIN, which waits for the first statement of its transaction. */
  private begin: (() => Promise<unknown>) | undefined;

  attach(transaction: TransactionClient, isPipelined: boolean): void {
    this.transaction = transaction;
    this.isPipelined = isPipelined;
  }

  detach(): void {
    this.transaction?.detach();
    this.transaction = undefined;
    this.begin = undefined;
  }

  /** Takes and returns what pg's overloads do; `never` is assignable to the result of each. */
  override query(...args: readonly unknown[]): never {
    const { transaction, begin } = this;
    if (transaction === undefined) return this.send(args);
    const send = (): never => this.send(args);
    // The failure of a BEGIN is that of the statement that follows it.
    const first = begin === undefined ? [] : [begin];
    this.begin = undefined;
    const end = (): never => {
      // What follows would run outside of the transaction.
      this.detach();
      return send();
    };
    switch (textOf(args[0])) {
      case 'BEGIN':
        if (transaction.hasFirst) return this.inOrder([send, () => transaction.sendFirst()], 0);
        if (!this.isPipelined) return send();
        this.begin = send;
        return begun as never;
      case 'COMMIT':
        return this.inOrder([...first, () => transaction.sendLast(), end], first.length + 1);
      case 'ROLLBACK':
        return this.inOrder([...first, end], first.length);
      default:
        return begin === undefined ? send() : this.inOrder([begin, send], 1);
    }
  }

  private send(args: readonly unknown[]): never {
    return (super.query as (...all: readonly unknown[]) => never).apply(this, [...args]);
  }

  /**
   * Sends statements in one write, which costs more than the statements themselves; without pipeline mode, one after
   * another. Returns the result of one; the failures of the others are reported where their results are awaited.
   */
  private inOrder(steps: readonly Step[], resultAt: number): never {
    if (!this.isPipelined) return oneByOne(steps, resultAt) as never;
    const { stream } = this.connection;
    stream.cork();
    try {
      const results = steps.map((step) => step());
      for (const result of results) result?.catch(() => undefined);
      return results[resultAt] as never;
    } finally {
      stream.uncork();
    }
  }
}

/** Sends a statement, if there is one. */
type Step = () => Promise<unknown> | undefined;

async function oneByOne(steps: readonly Step[], resultAt: number): Promise<unknown> {
  let result: unknown;
  for (const [at, step] of steps.entries()) {
    const sent = step();
    if (at === resultAt) result = await sent;
    else await sent?.catch(() => undefined);
  }
  return result;
}

/** The result of a BEGIN that is not sent yet. */
const begun = Promise.resolve({ command: 'BEGIN', rowCount: null, oid: 0, fields: [], rows: [] });

function textOf(query: unknown): string {
  if (typeof query === 'string') return query;
  return typeof query === 'object' && query !== null && 'text' in query ? String(query.text) : '';
}
