import { ClsServiceManager } from 'nestjs-cls';
import type { PoolClient } from 'pg';
import type { BoundStatement, PreparedStatement } from './prepared-statement.ts';

const key = 'database:transaction-client';
const openingKey = 'database:opening-statement';

/** A statement was sent to a transaction that has ended; another transaction may use its connection by now. */
export class TransactionEnded extends Error {
  constructor() {
    super('The transaction has ended, and its connection takes no more statements');
  }
}

/**
 * The connection of Prisma's transaction, for frequent statements: Prisma's raw queries take twice as long. It refuses
 * every statement from the moment that COMMIT or ROLLBACK is sent, by Prisma or through it.
 */
export class TransactionClient {
  private client: PoolClient | undefined;
  private isNamed = true;
  private opening: Promise<unknown[]> | undefined;
  private last: BoundStatement | undefined;
  private lastResult: Promise<unknown[]> | undefined;

  constructor(private readonly first: BoundStatement | undefined) {}

  /** @throws TransactionEnded before the transaction has begun and after it has ended */
  async query(statement: PreparedStatement, values: readonly unknown[]): Promise<unknown[]> {
    if (this.client === undefined) throw new TransactionEnded();
    const { name, text } = statement;
    const config = { text, values: [...values], ...(this.isNamed ? { name } : {}) };
    return (await this.client.query<Record<string, unknown>>(config)).rows;
  }

  /** Whether `beginWith` has a statement that is sent with the BEGIN. */
  get hasFirst(): boolean {
    return this.first !== undefined;
  }

  /** The rows of the statement that `beginWith` sent with the BEGIN. */
  async openingResult(): Promise<unknown[]> {
    return (await this.opening) ?? [];
  }

  /**
   * Stores a statement that is sent immediately before the COMMIT, in the same write, and not with a ROLLBACK. If it
   * fails, nothing is committed, and the call that opened the transaction throws its error.
   * @throws TransactionEnded
   */
  executeBeforeCommit(statement: PreparedStatement, values: readonly unknown[]): void {
    if (this.client === undefined) throw new TransactionEnded();
    this.last = { statement, values };
  }

  /** Waits for the last statement: PostgreSQL reports success for the COMMIT of a failed transaction. */
  async commitSettled(): Promise<void> {
    await this.lastResult;
  }

  /** Called by the connection when the pool assigns it to this transaction. */
  attach(client: PoolClient, isNamed: boolean): void {
    this.client = client;
    this.isNamed = isNamed;
  }

  /** Called by the connection after it has sent the BEGIN. */
  sendFirst(): Promise<unknown> | undefined {
    return (this.opening = this.send(this.first));
  }

  /** Called by the connection before it sends the COMMIT. */
  sendLast(): Promise<unknown> | undefined {
    return (this.lastResult = this.send(this.last));
  }

  /** Called by the connection when the transaction ends or the pool takes the connection back. */
  detach(): void {
    this.client = undefined;
  }

  /** Sends without waiting; a failure is reported where the result is awaited. */
  private send(call: BoundStatement | undefined): Promise<unknown[]> | undefined {
    if (call === undefined) return undefined;
    const result = this.query(call.statement, call.values);
    result.catch(() => undefined);
    return result;
  }
}

/**
 * The connection of the current transaction.
 * @throws TransactionEnded without a transaction
 */
export function currentTransactionClient(): TransactionClient {
  const transaction = activeTransactionClient();
  if (transaction === undefined) throw new TransactionEnded();
  return transaction;
}

/** As `currentTransactionClient`, or undefined without a transaction. */
export function activeTransactionClient(): TransactionClient | undefined {
  const cls = ClsServiceManager.getClsService();
  return cls.isActive() ? cls.get<TransactionClient | undefined>(key) : undefined;
}

/** Runs `open`, which opens a transaction, with a TransactionClient for it in AsyncLocalStorage. */
export async function withTransactionClient<T>(open: () => Promise<T>): Promise<T> {
  const cls = ClsServiceManager.getClsService();
  return await cls.run({ ifNested: 'inherit' }, async () => {
    const transaction = new TransactionClient(cls.get<BoundStatement | undefined>(openingKey));
    cls.set(openingKey, undefined);
    cls.set(key, transaction);
    const result = await open();
    await transaction.commitSettled();
    return result;
  });
}

/** Runs `open`, which opens a transaction; `opening` is its first statement in each of its attempts. */
export async function beginWith<T>(opening: BoundStatement, open: () => Promise<T>): Promise<T> {
  const cls = ClsServiceManager.getClsService();
  return await cls.run({ ifNested: 'inherit' }, async () => {
    cls.set(openingKey, opening);
    return await open();
  });
}
