import { Injectable } from '@nestjs/common';
import { PreparedQueries } from '../../database/prepared-queries.ts';
import { beginWith, currentTransactionClient } from '../../database/transaction-client.ts';
import { Transactions } from '../../database/transactions.ts';
import type { StoredResponse } from './stored-response.ts';

/** Identifies a record: the scope (user or one-time token) and the key. */
export interface RecordId {
  readonly scope: string;
  readonly key: string;
}

/** The state of a key: unused, in progress in another transaction, or with its stored response. */
export type KeyState = { readonly state: 'new' | 'running' } | IdempotencyRecord;

/** The stored response to the first request with a key. */
export interface IdempotencyRecord extends StoredResponse, FirstRequest {
  readonly state: 'done';
}

/** What a repetition is compared with. */
export interface FirstRequest {
  readonly fingerprint: Uint8Array;
  /** The permissions of the caller; empty for an unauthenticated request. */
  readonly permissions: readonly string[];
}

const begin = { name: 'idem_begin', text: 'SELECT * FROM idem_begin($1, $2)' };
const end = { name: 'idem_end', text: 'SELECT idem_end($1, $2, $3, $4, $5, $6, $7, $8)' };
const stored = {
  name: 'idempotency_record',
  text: `
    SELECT 'done' AS state, fingerprint, permissions, status, headers, body, body_omitted AS omitted
    FROM idempotency_records WHERE scope = $1 AND key = $2 AND expires_at > now()`,
};

/** The id as one text, for keys in memory; a scope has no space. */
export function nameOf({ scope, key }: RecordId): string {
  return `${scope} ${key}`;
}

/** Stores idempotency records for 24 hours by the clock of the database. */
@Injectable()
export class IdempotencyRepository {
  /** Keys in progress in this process: a repetition is rejected without a database connection. */
  private readonly running = new Set<string>();

  constructor(
    private readonly db: Transactions,
    private readonly prepared: PreparedQueries,
  ) {}

  /**
   * Opens a transaction that locks the key, unless this process has one. `work` receives the state of the key and runs
   * again after a serialization failure. Neither statement costs a round trip: the first is sent with BEGIN, the last with COMMIT.
   */
  async transact<T>(id: RecordId, work: (state: KeyState) => Promise<T>): Promise<T> {
    const name = nameOf(id);
    if (this.running.has(name)) return await work({ state: 'running' });
    return await beginWith({ statement: begin, values: [id.scope, id.key] }, async () => {
      return await this.db.withTransaction(async () => {
        const [found] = (await currentTransactionClient().openingResult()) as KeyState[];
        if (found?.state !== 'new') return await work(found ?? { state: 'running' });
        this.running.add(name);
        try {
          return await work(found);
        } finally {
          this.running.delete(name);
        }
      });
    });
  }

  /** Stores the response in the current transaction, as its last statement. */
  store({ scope, key }: RecordId, { fingerprint, permissions }: FirstRequest, reply: StoredResponse): void {
    const { status, headers, body, omitted } = reply;
    const response = [status, JSON.stringify(headers), body, omitted];
    currentTransactionClient().executeBeforeCommit(end, [scope, key, fingerprint, permissions, ...response]);
  }

  /** The record of a key, read outside a transaction. */
  async find({ scope, key }: RecordId): Promise<IdempotencyRecord | undefined> {
    const [found] = await this.prepared.query<IdempotencyRecord>(stored, [scope, key]);
    return found;
  }

  /** The same after a failure; undefined also when the database is unavailable, so that the first error is thrown. */
  async findAfterFailure(id: RecordId): Promise<IdempotencyRecord | undefined> {
    try {
      return await this.find(id);
    } catch {
      return undefined;
    }
  }
}
