import { Injectable } from '@nestjs/common';
import { NamedReads } from '../../database/named-reads.ts';
import { Transactions } from '../../database/transactions.ts';
import type { Bucket, Failures } from './attempt.ts';

/** What came of asking for an attempt. */
export type Reservation =
  /** `moment` names the reservation. */
  | { readonly state: 'free'; readonly moment: string }
  /** `isNews`: this block of the bucket was not told of before. */
  | { readonly state: 'full'; readonly bucket: Bucket; readonly seconds: number; readonly isNews: boolean }
  | { readonly state: 'busy' };

interface ReservationRow {
  readonly state: Reservation['state'];
  readonly bucket: number | null;
  readonly seconds: number | null;
  readonly news: boolean;
  readonly reserved: string | null;
}

const reserve = {
  name: 'attempts_reserve',
  text: 'SELECT * FROM attempts_reserve($1, $2, $3, $4, $5, $6)',
};
const settle = {
  name: 'attempts_settle',
  text: 'SELECT attempts_settle($1, $2, $3, $4, $5::timestamptz) AS totals',
};

/** The buckets that attempts are counted in. Each call is one statement that commits by itself. */
@Injectable()
export class AttemptsRepository {
  constructor(
    private readonly statements: NamedReads,
    private readonly host: Transactions,
  ) {}

  /** Reserves one attempt in all of the buckets or in none; with `counts` it is final at once. */
  async reserve(buckets: readonly Bucket[], counts: boolean): Promise<Reservation> {
    return await this.ask(buckets, counts);
  }

  /** What a reservation would come to now. */
  async look(buckets: readonly Bucket[]): Promise<Reservation> {
    return await this.ask(buckets, null);
  }

  /** Ends the attempt that was reserved at this moment. Returns the failures that each bucket holds then. */
  async settle(buckets: readonly Bucket[], moment: string, counts: boolean): Promise<Failures> {
    this.demandNoTransaction();
    return await this.end(buckets, moment, ({ onSuccess }) => (counts ? 'failure' : onSuccess));
  }

  /** Takes the reservation back and leaves everything else as it is. */
  async refund(buckets: readonly Bucket[], moment: string): Promise<void> {
    this.demandNoTransaction();
    await this.end(buckets, moment, () => 'refund');
  }

  /** Forgets all failures, in the caller's transaction if there is one. */
  async clear(buckets: readonly Bucket[]): Promise<void> {
    await this.end(buckets, '-infinity', () => 'clear');
  }

  private async ask(buckets: readonly Bucket[], counts: boolean | null): Promise<Reservation> {
    this.demandNoTransaction();
    const [row] = await this.statements.query<ReservationRow>(reserve, [
      buckets.map(({ key }) => key),
      buckets.map(({ limit }) => limit),
      buckets.map(({ windowSeconds }) => windowSeconds),
      buckets.map(({ pauseSeconds }) => pauseSeconds),
      buckets.map(({ longestPauseSeconds }) => longestPauseSeconds),
      counts,
    ]);
    if (row?.state === 'free') return { state: 'free', moment: row.reserved ?? '' };
    const bucket = buckets[(row?.bucket ?? 0) - 1];
    if (row?.state !== 'full' || bucket === undefined) return { state: 'busy' };
    return { state: 'full', bucket, seconds: row.seconds ?? 1, isNews: row.news };
  }

  private async end(
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

  /** Within one, the rollback of a failure would undo its counting, and everybody else would wait for its end. */
  private demandNoTransaction(): void {
    if (this.host.isTransactionActive()) throw new Error('An attempt is counted outside of any transaction');
  }
}
