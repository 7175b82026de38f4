import { ClsServiceManager } from 'nestjs-cls';
import type { ClientBase, Connection, Pool, PoolClient, PoolConfig } from 'pg';
import { PostgresPool } from './postgres-pool.ts';

const key = 'database:connection';
const openingKey = 'database:opening';
/** What ends a transaction: a statement that is sent behind one of these runs outside of it. */
const endings = new Set(['COMMIT', 'ROLLBACK']);

/** A statement that each connection parses and plans once. */
export interface NamedStatement {
  readonly name: string;
  readonly text: string;
}

/** Somebody asked the connection of a transaction that is over: it may be in other hands by now. */
export class TransactionEnded extends Error {
  constructor() {
    super('The transaction has ended, and its connection takes no more statements');
  }
}

interface Call {
  readonly statement: NamedStatement;
  readonly values: readonly unknown[];
}

/**
 * The connection under Prisma's transaction, for the few statements whose cost counts: Prisma's raw queries take twice
 * as long. It refuses every statement from the moment that the transaction's end was sent, whoever sent it.
 */
export class TransactionConnection {
  private client: PoolClient | undefined;
  private named = true;
  private opened: Promise<unknown[]> | undefined;
  private closing: Call | undefined;
  private closed: Promise<unknown[]> | undefined;

  constructor(private readonly opening: Call | undefined) {}

  /** @throws TransactionEnded before it has begun and once it has ended */
  async query(statement: NamedStatement, values: readonly unknown[]): Promise<unknown[]> {
    if (this.client === undefined) throw new TransactionEnded();
    const { name, text } = statement;
    const config = { text, values: [...values], ...(this.named ? { name } : {}) };
    return (await this.client.query<Record<string, unknown>>(config)).rows;
  }

  /** What the statement returned that the transaction was opened with. */
  async first(): Promise<unknown[]> {
    return (await this.opened) ?? [];
  }

  /**
   * Keeps a statement that is sent with the COMMIT, right ahead of it, and not at all with a ROLLBACK. Should it fail,
   * nothing is committed, and whoever opened the transaction gets the error.
   * @throws TransactionEnded
   */
  last(statement: NamedStatement, values: readonly unknown[]): void {
    if (this.client === undefined) throw new TransactionEnded();
    this.closing = { statement, values };
  }

  /** Waits for the last statement: the COMMIT of a transaction in which one has failed is a ROLLBACK, and says nothing. */
  async settled(): Promise<void> {
    await this.closed;
  }

  /** Follows a connection from its pool until the transaction's end is sent, or it goes back. */
  follow(client: PoolClient, named: boolean): void {
    this.client = client;
    this.named = named;
    const release = client.release.bind(client);
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    const watched = (...args: unknown[]): unknown => {
      const text = textOf(args[0]);
      return inOnePiece(client, () => {
        if (text === 'COMMIT') this.closed = this.unawaited(this.closing);
        if (endings.has(text)) this.client = undefined;
        const result = query(...args);
        if (text === 'BEGIN') this.opened = this.unawaited(this.opening);
        return result;
      });
    };
    // The pool gives every borrower a release of its own; the query hides the one of the class until then.
    Object.assign(client, {
      query: watched,
      release: (error?: Error | boolean) => {
        this.client = undefined;
        Reflect.deleteProperty(client, 'query');
        release(error);
      },
    });
  }

  /** Sends it without waiting; whoever wants its answer is told of a failure. */
  private unawaited(call: Call | undefined): Promise<unknown[]> | undefined {
    if (call === undefined) return undefined;
    const answer = this.query(call.statement, call.values);
    answer.catch(() => undefined);
    return answer;
  }
}

/** Hands the system in one piece what is sent meanwhile: a write costs more than the statement that it carries. */
function inOnePiece<T>(client: PoolClient, send: () => T): T {
  // Clients have their connection, their type does not say so.
  const { stream } = (client as PoolClient & { readonly connection: Connection }).connection;
  stream.cork();
  try {
    return send();
  } finally {
    stream.uncork();
  }
}

/** As pg's, whose type does not say that the pool waits for `onConnect`. */
interface WatchedPoolConfig extends Omit<PoolConfig, 'onConnect'> {
  readonly onConnect: (client: ClientBase) => Promise<void>;
}

/** A pool that tells the transaction which opens here what connection it has got. */
export class WatchedPool extends PostgresPool {
  constructor(
    private readonly named: boolean,
    options: WatchedPoolConfig,
  ) {
    // Statements are sent without waiting for the answers of those before them, where nobody waits.
    super({ ...options, pipeline: named });
  }

  override connect(): Promise<PoolClient>;
  override connect(callback: Parameters<Pool['connect']>[0]): void;
  override connect(callback?: Parameters<Pool['connect']>[0]): Promise<PoolClient> | void {
    // The pool's own query() asks with a callback.
    if (callback !== undefined) {
      super.connect(callback);
      return undefined;
    }
    return this.watched();
  }

  private async watched(): Promise<PoolClient> {
    const connection = connectionHere();
    const client = await super.connect();
    connection?.follow(client, this.named);
    return client;
  }
}

/**
 * The connection of the transaction that is open here.
 * @throws TransactionEnded when none is
 */
export function transactionConnection(): TransactionConnection {
  const connection = connectionHere();
  if (connection === undefined) throw new TransactionEnded();
  return connection;
}

/** Runs what opens a transaction; the connection that this gets is known inside. */
export async function withTransactionConnection<T>(open: () => Promise<T>): Promise<T> {
  const cls = ClsServiceManager.getClsService();
  return await cls.run({ ifNested: 'inherit' }, async () => {
    const connection = new TransactionConnection(cls.get<Call | undefined>(openingKey));
    cls.set(openingKey, undefined);
    cls.set(key, connection);
    const result = await open();
    await connection.settled();
    return result;
  });
}

/** Runs what opens a transaction, whose first statement, each time that it is begun, is this one. */
export async function openingWith<T>(opening: Call, open: () => Promise<T>): Promise<T> {
  const cls = ClsServiceManager.getClsService();
  return await cls.run({ ifNested: 'inherit' }, async () => {
    cls.set(openingKey, opening);
    return await open();
  });
}

function connectionHere(): TransactionConnection | undefined {
  const cls = ClsServiceManager.getClsService();
  return cls.isActive() ? cls.get<TransactionConnection | undefined>(key) : undefined;
}

function textOf(query: unknown): string {
  if (typeof query === 'string') return query;
  return typeof query === 'object' && query !== null && 'text' in query ? String(query.text) : '';
}
