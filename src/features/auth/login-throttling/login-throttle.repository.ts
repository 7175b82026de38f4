import { Injectable } from '@nestjs/common';
import { PreparedQueries } from '../../../platform/database/prepared-queries.ts';
import { Transactions } from '../../../platform/database/transactions.ts';
import type { Bucket } from './throttle-buckets.ts';

/** The failures that each bucket holds, by the key of the bucket. */
export type Failures = ReadonlyMap<string, number>;

/** The outcome of reserving an attempt; `busy` when attempts in progress hold the rest of the limit. */
export type Reservation =
  /** `moment` identifies the reservation. */
  | { readonly state: 'free'; readonly moment: string }
  /** `isFirst`: no earlier attempt was rejected by this block of the bucket. */
  | { readonly state: 'full'; readonly bucket: Bucket; readonly seconds: number; readonly isFirst: boolean }
  | { readonly state: 'busy' };

interface ReservationRow {
  readonly state: Reservation['state'];
  readonly bucket: number | null;
  readonly seconds: number | null;
  readonly news: boolean;
  readonly reserved: string | null;
}

const reserve = {
  name: 'rate_limit_reserve',
  text: 'SELECT * FROM rate_limit_reserve($1, $2, $3, $4, $5, $6)',
};
const settle = {
  name: 'rate_limit_settle',
  text: 'SELECT rate_limit_settle($1, $2, $3, $4, $5::timestamptz) AS totals',
};
/** Locks in the order of the keys, like reservations; the operators are those of the partial index. */
const clearAll = {
  name: 'rate_limit_clear_all',
  text: `
    UPDATE rate_limit_buckets SET failures = 0 WHERE key IN (
      SELECT key FROM rate_limit_buckets
      WHERE key LIKE 'login-account-ip:%' AND key ~>=~ $1 AND key ~<~ $2 ORDER BY key COLLATE "C" FOR UPDATE
    )`,
};

/** The buckets that attempts are counted in. Each call is one statement in a transaction of its own. */
@Injectable()
export class LoginThrottleRepository {
  constructor(
    private readonly statements: PreparedQueries,
    private readonly db: Transactions,
  ) {}

  /** Reserves one attempt in all of the buckets or in none; with `counts` the attempt is settled as counted at once. */
  async reserve(buckets: readonly Bucket[], counts: boolean): Promise<Reservation> {
    return await this.query(buckets, counts);
  }

  /** Returns what a reservation would return now, and reserves nothing. */
  async peek(buckets: readonly Bucket[]): Promise<Reservation> {
    return await this.query(buckets, null);
  }

  /** Settles the attempt that was reserved at this moment. Returns the failures that each bucket holds afterwards. */
  async settle(buckets: readonly Bucket[], moment: string, counts: boolean): Promise<Failures> {
    this.assertNoTransaction();
    return await this.settleEach(buckets, moment, ({ onSuccess }) => (counts ? 'failure' : onSuccess));
  }

  /** Removes the reservation and leaves all failures unchanged. */
  async refund(buckets: readonly Bucket[], moment: string): Promise<void> {
    this.assertNoTransaction();
    await this.settleEach(buckets, moment, () => 'refund');
  }

  /** Clears all failures; joins the caller's transaction, if there is one. */
  async clear(buckets: readonly Bucket[]): Promise<void> {
    await this.settleEach(buckets, '-infinity', () => 'clear');
  }

  /** Clears the failures of all buckets whose keys begin with this prefix, in the caller's transaction. */
  async clearAll(prefix: string): Promise<void> {
    await this.statements.query(clearAll, [prefix, `${prefix}\u{10FFFF}`]);
  }

  private async query(buckets: readonly Bucket[], counts: boolean | null): Promise<Reservation> {
    this.assertNoTransaction();
    const [row] = await this.statements.query<ReservationRow>(reserve, [
      buckets.map(({ key }) => key),
      buckets.map(({ limit }) => limit),
      buckets.map(({ windowSeconds }) => windowSeconds),
      buckets.map(({ backoffSeconds }) => backoffSeconds),
      buckets.map(({ maxBackoffSeconds }) => maxBackoffSeconds),
      counts,
    ]);
    if (row?.state === 'free') return { state: 'free', moment: row.reserved ?? '' };
    const bucket = buckets[(row?.bucket ?? 0) - 1];
    if (row?.state !== 'full' || bucket === undefined) return { state: 'busy' };
    return { state: 'full', bucket, seconds: row.seconds ?? 1, isFirst: row.news };
  }

  private async settleEach(
    buckets: readonly Bucket[],
    moment: string,
    outcome: (bucket: Bucket) => string,
  ): Promise<Failures> {
    const [row] = await this.statements.query<{ totals: number[] }>(settle, [
      buckets.map(({ key }) => key),
      buckets.map(({ windowSeconds }) => windowSeconds),
      buckets.map(({ slides }) => slides),
      buckets.map(outcome),
      moment,
    ]);
    return new Map(buckets.map(({ key }, index) => [key, row?.totals[index] ?? 0]));
  }

  /** In a transaction, a rollback would undo the count, and concurrent attempts would wait for its end. */
  private assertNoTransaction(): void {
    if (this.db.isTransactionActive()) throw new Error('Attempts must be counted outside of any transaction');
  }
}
