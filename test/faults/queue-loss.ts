import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { enqueue, outcomeOf, formatDuration, settled } from './jobs.ts';
import type { ScenarioResult, ScenarioOptions, Scenario } from './scenario.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';

export const queueLoss: Scenario = {
  description: "BullMQ's tables are truncated repeatedly while jobs run",
  defaults: { jobs: 600, rounds: 6 },
  run: async (cluster, options) => await run(cluster, options),
};

async function run(cluster: TestCluster, { jobs, rounds, random }: ScenarioOptions): Promise<ScenarioResult> {
  const url = await cluster.api().ready();
  await Promise.all([cluster.worker().ready(), cluster.worker().ready()]);
  const enqueued: string[] = [];
  let deleted = 0;
  const startedAt = performance.now();
  const share = Math.ceil(jobs / rounds);
  for (let round = 0; round < rounds; round += 1) {
    const payloads = Array.from({ length: Math.min(share, jobs - enqueued.length) }, (_, at) => ({
      key: `job ${enqueued.length + at}`,
      prepareMs: random.between(0, 400),
      runMs: random.between(0, 50),
    }));
    enqueued.push(...(await Promise.all(payloads.map(async (payload) => await enqueue(url, payload)))));
    await delay(random.between(50, 500));
    deleted += await truncateQueue(cluster.pool);
  }
  const finished = await settled(cluster.pool, 120_000);
  const tookMs = performance.now() - startedAt;
  const outcome = await outcomeOf(cluster.pool, enqueued, finished);
  return {
    figures: {
      truncations: rounds,
      'messages deleted': deleted,
      jobs: enqueued.length,
      ...outcome.figures,
      'all finished after': formatDuration(tookMs),
    },
    failures: [...outcome.violations, ...(deleted === 0 ? ['no message was deleted'] : [])],
  };
}

/** Truncates every table of BullMQ except its list of migrations. Returns the number of messages deleted. */
async function truncateQueue(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ tables: string }>(`
    SELECT string_agg(format('bullmq.%I', tablename), ', ') AS tables FROM pg_tables
    WHERE schemaname = 'bullmq' AND tablename NOT LIKE '%migration%'`);
  const counted = await pool.query<{ count: number }>('SELECT count(*)::int AS count FROM bullmq.job');
  await retryOnDeadlock(async () => await pool.query(`TRUNCATE ${rows[0]?.tables ?? ''} CASCADE`));
  return counted.rows[0]?.count ?? 0;
}

/** TRUNCATE locks the tables in another order than the queue. */
async function retryOnDeadlock(work: () => Promise<unknown>): Promise<void> {
  for (let left = 20; ; left -= 1) {
    try {
      await work();
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== '40P01' || left === 0) throw error;
    }
  }
}
