import type { TestDatabase } from './database.ts';

/** Reads and changes the buckets of login throttling in tests. */
export class ThrottleBucketsFixture {
  constructor(private readonly database: TestDatabase) {}

  /** Makes all buckets with this prefix older by a number of seconds. */
  async pass(seconds: number, name = ''): Promise<void> {
    await this.database.pool.query(
      `UPDATE rate_limit_buckets SET last_at = last_at - $1 * interval '1 second', expires_at = expires_at - $1 * interval '1 second',
         in_flight = ARRAY(SELECT o - $1 * interval '1 second' FROM unnest(in_flight) AS o)
       WHERE key LIKE $2 || ':%' OR $2 = ''`,
      [seconds, name],
    );
  }

  /** Deletes all buckets. */
  async empty(): Promise<void> {
    await this.database.pool.query('DELETE FROM rate_limit_buckets');
  }

  /** The failures and the reservations of the buckets of this name, of all accounts and IP addresses. */
  async count(name: string): Promise<{ failures: number; open: number }> {
    const { rows } = await this.database.pool.query<{ failures: number; open: number }>(
      `SELECT coalesce(sum(failures), 0)::int AS failures, coalesce(sum(cardinality(in_flight)), 0)::int AS open
       FROM rate_limit_buckets WHERE key LIKE $1 || '%'`,
      [name],
    );
    return rows[0] ?? { failures: 0, open: 0 };
  }
}
