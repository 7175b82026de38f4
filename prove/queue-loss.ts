import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { enqueue, outcomeOf, readable, settled } from './jobs.ts';
import type { Finding, Plan, Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

export const queueLoss: Scenario = {
  about: "BullMQ's tables are emptied again and again while jobs run",
  defaults: { jobs: 600, rounds: 6 },
  run: async (stage, plan) => await run(stage, plan),
};

async function run(stage: Stage, { jobs, rounds, random }: Plan): Promise<Finding> {
  const url = await stage.api().ready();
  await Promise.all([stage.worker().ready(), stage.worker().ready()]);
  const promised: string[] = [];
  let forgotten = 0;
  const begin = performance.now();
  const share = Math.ceil(jobs / rounds);
  for (let round = 0; round < rounds; round += 1) {
    const payloads = Array.from({ length: Math.min(share, jobs - promised.length) }, (_, at) => ({
      key: `job ${promised.length + at}`,
      prepareMs: random.between(0, 400),
      runMs: random.between(0, 50),
    }));
    promised.push(...(await Promise.all(payloads.map(async (payload) => await enqueue(url, payload)))));
    await delay(random.between(50, 500));
    forgotten += await forgetEverything(stage.pool);
  }
  const finished = await settled(stage.pool, 120_000);
  const tookMs = performance.now() - begin;
  const outcome = await outcomeOf(stage.pool, promised, finished);
  return {
    figures: {
      truncations: rounds,
      'messages forgotten': forgotten,
      jobs: promised.length,
      ...outcome.figures,
      'all done after': readable(tookMs),
    },
    broken: [...outcome.broken, ...(forgotten === 0 ? ['the queue was empty when it was emptied'] : [])],
  };
}

/** Empties every table of BullMQ but the one that says which migrations it has. Returns how many messages there were. */
async function forgetEverything(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ tables: string }>(`
    SELECT string_agg(format('bullmq.%I', tablename), ', ') AS tables FROM pg_tables
    WHERE schemaname = 'bullmq' AND tablename NOT LIKE '%migration%'`);
  const counted = await pool.query<{ count: number }>('SELECT count(*)::int AS count FROM bullmq.job');
  await untilNoDeadlock(async () => await pool.query(`TRUNCATE ${rows[0]?.tables ?? ''} CASCADE`));
  return counted.rows[0]?.count ?? 0;
}

/** TRUNCATE locks its tables in another order than the queue does. */
async function untilNoDeadlock(work: () => Promise<unknown>): Promise<void> {
  for (let left = 20; ; left -= 1) {
    try {
      await work();
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== '40P01' || left === 0) throw error;
    }
  }
}
