import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';

/** Keep-alive connections that enqueue concurrently, and concurrent calls of the bare producer. */
export const connections = 32;

const longestWaitMs = 120_000;

/** One run of one of the compared systems. */
export interface Round {
  readonly perSecond: number;
  /** Transactions that PostgreSQL committed for each job. */
  readonly transactions: number;
}

/** Measures work that does `count` jobs and returns when the last of them was done. */
export async function round(pool: Pool, count: number, work: () => Promise<Date | undefined>): Promise<Round> {
  // Each run starts with the same statistics and without the other's dead rows.
  await pool.query('VACUUM ANALYZE');
  const before = await commits(pool);
  const begin = Date.now();
  const end = await work();
  if (end === undefined) throw new Error('No job has ended');
  // Connections report what they have committed with a delay of up to a second.
  await delay(1200);
  return {
    perSecond: (count / (end.getTime() - begin)) * 1000,
    transactions: ((await commits(pool)) - before) / count,
  };
}

async function commits(pool: Pool): Promise<number> {
  const {
    rows: [row],
  } = await pool.query<{ count: number }>(
    'SELECT xact_commit::int AS count FROM pg_stat_database WHERE datname = current_database()',
  );
  return row?.count ?? 0;
}

/** Waits until a table of effects has `count` rows. @throws when it has more: an effect happened twice */
export async function filled(pool: Pool, table: 'scenario_effects' | 'bare_effects', count: number): Promise<void> {
  const end = Date.now() + longestWaitMs;
  for (;;) {
    const {
      rows: [row],
    } = await pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`);
    const found = row?.count ?? 0;
    if (found > count) throw new Error(`${table} has ${found} rows after ${count} jobs`);
    if (found === count) return;
    if (Date.now() > end) throw new Error(`${table} has ${found} rows instead of ${count} after ${longestWaitMs} ms`);
    await delay(count < 1000 ? 10 : 100);
  }
}
