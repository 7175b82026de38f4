import type { TestDatabase } from './database.ts';

/** Looks after the buckets of attempts as time would. */
export class Buckets {
  constructor(private readonly database: TestDatabase) {}

  /** Lets so many seconds pass for all buckets whose names begin like this. */
  async pass(seconds: number, name = ''): Promise<void> {
    await this.database.pool.query(
      `UPDATE attempt_buckets SET last_at = last_at - $1 * interval '1 second', ends_at = ends_at - $1 * interval '1 second',
         open = ARRAY(SELECT o - $1 * interval '1 second' FROM unnest(open) AS o)
       WHERE key LIKE $2 || ':%' OR $2 = ''`,
      [seconds, name],
    );
  }

  /** Forgets everything. */
  async empty(): Promise<void> {
    await this.database.pool.query('DELETE FROM attempt_buckets');
  }

  /** The failures and the reservations of the buckets of this name, all accounts and addresses together. */
  async count(name: string): Promise<{ failures: number; open: number }> {
    const { rows } = await this.database.pool.query<{ failures: number; open: number }>(
      `SELECT coalesce(sum(failures), 0)::int AS failures, coalesce(sum(cardinality(open)), 0)::int AS open
       FROM attempt_buckets WHERE key LIKE $1 || '%'`,
      [name],
    );
    return rows[0] ?? { failures: 0, open: 0 };
  }
}
