import { Injectable } from '@nestjs/common';
import { NamedReads } from '../../database/named-reads.ts';
import { openingWith, transactionConnection } from '../../database/transaction-connection.ts';
import { Transactions } from '../../database/transactions.ts';
import type { KeptReply } from './kept-reply.ts';

/** Whose key it is, and which. */
export interface RecordId {
  readonly scope: string;
  readonly key: string;
}

/** What is known of a key: nothing, that its first request runs, or what that was answered. */
export type KeyState = { readonly state: 'new' | 'running' } | KeptRecord;

/** The answer to the first request with a key. */
export interface KeptRecord extends KeptReply, FirstRequest {
  readonly state: 'done';
}

/** What a repetition is held against. */
export interface FirstRequest {
  readonly fingerprint: Uint8Array;
  /** What the caller might do; nothing where none is known. */
  readonly permissions: readonly string[];
}

const begin = { name: 'idem_begin', text: 'SELECT * FROM idem_begin($1, $2)' };
const end = { name: 'idem_end', text: 'SELECT idem_end($1, $2, $3, $4, $5, $6, $7, $8)' };
const kept = {
  name: 'idem_kept',
  text: `
    SELECT 'done' AS state, fingerprint, permissions, status, headers, body, body_omitted AS omitted
    FROM idempotency_records WHERE scope = $1 AND key = $2 AND expires_at > now()`,
};

/** Keys and what was answered under them, kept for 24 hours by the database's clock. */
@Injectable()
export class IdempotencyRepository {
  constructor(
    private readonly host: Transactions,
    private readonly reads: NamedReads,
  ) {}

  /**
   * Opens a transaction for a request and takes the key until it ends. `work` is told what is known of the key, and is
   * run again when the transaction loses against others. Neither statement costs a round trip of its own: the first one
   * travels with the BEGIN, the last one with the COMMIT.
   */
  async transact<T>({ scope, key }: RecordId, work: (known: KeyState) => Promise<T>): Promise<T> {
    return await openingWith({ statement: begin, values: [scope, key] }, async () => {
      return await this.host.withTransaction(async () => {
        const [found] = (await transactionConnection().first()) as KeyState[];
        return await work(found ?? { state: 'running' });
      });
    });
  }

  /** Keeps a reply in the transaction that is open here, as the last thing that happens in it. */
  keep({ scope, key }: RecordId, { fingerprint, permissions }: FirstRequest, reply: KeptReply): void {
    const { status, headers, body, omitted } = reply;
    const answered = [status, JSON.stringify(headers), body, omitted];
    transactionConnection().last(end, [scope, key, fingerprint, permissions, ...answered]);
  }

  /** What is kept under a key, outside of any transaction. */
  async find({ scope, key }: RecordId): Promise<KeptRecord | undefined> {
    const [found] = await this.reads.query<KeptRecord>(kept, [scope, key]);
    return found;
  }
}
