import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { enqueueAll, outcomeOf, formatDuration, settled } from './jobs.ts';
import type { ScenarioResult, ScenarioOptions, Scenario } from './scenario.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';

export const notificationLoss: Scenario = {
  description: 'the connections that receive notifications are terminated repeatedly while jobs run',
  promise: 'Jobs start although their notifications are lost.',
  defaults: { jobs: 600, rounds: 6 },
  short: { jobs: 60, rounds: 2 },
  run,
};

async function run(cluster: TestCluster, { jobs, rounds, random }: ScenarioOptions): Promise<ScenarioResult> {
  const url = await cluster.api().ready();
  await Promise.all([cluster.worker().ready(), cluster.worker().ready()]);
  const enqueued: string[] = [];
  let terminated = 0;
  const startedAt = performance.now();
  const share = Math.ceil(jobs / rounds);
  for (let round = 0; round < rounds; round += 1) {
    const payloads = Array.from({ length: Math.min(share, jobs - enqueued.length) }, (_, at) => ({
      key: `job ${enqueued.length + at}`,
      prepareMs: random.between(0, 400),
      runMs: random.between(0, 50),
    }));
    enqueued.push(...(await enqueueAll(url, payloads)));
    await delay(random.between(50, 500));
    terminated += await terminateListeners(cluster.pool);
    terminated += (await cluster.redis?.terminateWaiting()) ?? 0;
  }
  const finished = await settled(cluster.pool, 120_000);
  const tookMs = performance.now() - startedAt;
  const outcome = await outcomeOf(cluster.pool, enqueued, finished);
  return {
    figures: {
      'connections terminated': terminated,
      jobs: enqueued.length,
      ...outcome.figures,
      'all finished after': formatDuration(tookMs),
    },
    failures: [...outcome.violations, ...(terminated === 0 ? ['no connection was terminated'] : [])],
  };
}

/** Terminates every connection that listens. Returns their number. */
async function terminateListeners(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(`
    SELECT count(pg_terminate_backend(pid))::int AS count FROM pg_stat_activity
    WHERE datname = current_database() AND (query LIKE 'LISTEN %' OR query LIKE '%access_invalidations ON xact%')
      AND pid <> pg_backend_pid()`);
  return rows[0]?.count ?? 0;
}
