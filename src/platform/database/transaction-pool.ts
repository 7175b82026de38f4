import type { ClientBase, Pool, PoolClient, PoolConfig } from 'pg';
import { PostgresClient, PostgresPool } from './postgres-pool.ts';
import type { TransactionClient } from './transaction-client.ts';
import { activeTransactionClient } from './transaction-client.ts';

/** As pg's, whose type does not declare that the pool awaits `onConnect`. */
interface TransactionPoolConfig extends Omit<PoolConfig, 'onConnect'> {
  readonly onConnect: (client: ClientBase) => Promise<void>;
}

/** The main pool. It assigns the connection that Prisma takes for a transaction to the current TransactionClient. */
export class TransactionPool extends PostgresPool {
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
    super.connect(callback);
    return undefined;
  }

  private async connectTransaction(): Promise<PoolClient> {
    // Read before the await: the pool's `acquire` event runs in the context of the caller that released a connection.
    const transaction = activeTransactionClient();
    const client = await super.connect();
    if (transaction === undefined || !(client instanceof TransactionConnection)) return client;
    transaction.attach(client, this.isNamed);
    client.attach(transaction);
    return client;
  }
}

/**
 * A connection that sends the first statement of its transaction with the BEGIN, and the last one with the COMMIT.
 * Prisma's driver adapter sends BEGIN and COMMIT itself and does not expose its connection.
 */
class TransactionConnection extends PostgresClient {
  private transaction: TransactionClient | undefined;

  attach(transaction: TransactionClient): void {
    this.transaction = transaction;
  }

  detach(): void {
    this.transaction?.detach();
    this.transaction = undefined;
  }

  /** Takes and returns what pg's overloads do; `never` is assignable to the result of each. */
  override query(...args: readonly unknown[]): never {
    const { transaction } = this;
    if (transaction === undefined) return this.send(args);
    const send = (): never => this.send(args);
    switch (textOf(args[0])) {
      case 'BEGIN':
        return this.corked(() => {
          const result = send();
          transaction.sendFirst();
          return result;
        });
      case 'COMMIT':
        return this.corked(() => {
          transaction.sendLast();
          // What follows the COMMIT would run outside of the transaction.
          this.detach();
          return send();
        });
      case 'ROLLBACK':
        this.detach();
        return send();
      default:
        return send();
    }
  }

  private send(args: readonly unknown[]): never {
    return (super.query as (...all: readonly unknown[]) => never).apply(this, [...args]);
  }

  /** Sends the statements of `work` in one write, which costs more than the statements themselves. */
  private corked<T>(work: () => T): T {
    const { stream } = this.connection;
    stream.cork();
    try {
      return work();
    } finally {
      stream.uncork();
    }
  }
}

function textOf(query: unknown): string {
  if (typeof query === 'string') return query;
  return typeof query === 'object' && query !== null && 'text' in query ? String(query.text) : '';
}
