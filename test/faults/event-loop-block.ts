import type { Pool } from 'pg';
import { violations, enqueue, missingJobs, formatDuration, readHistory, settled } from './jobs.ts';
import type { ScenarioResult, ScenarioOptions, Scenario } from './scenario.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';

/**
 * A job that blocks the event loop once succeeds on another worker. A job that does so in every attempt loses each of
 * its leases and ends dead, or succeeds when no other worker is free; neither prevents other jobs.
 */
export const eventLoopBlock: Scenario = {
  description: 'handlers block the event loop of their worker for 15 s, longer than a lease',
  promise: 'A handler that blocks the event loop loses its job, and no other job is lost or doubled.',
  defaults: { jobs: 100, rounds: 1 },
  short: { jobs: 20 },
  run,
};

async function run(cluster: TestCluster, { jobs, rounds, random }: ScenarioOptions): Promise<ScenarioResult> {
  const url = await cluster.api().ready();
  await Promise.all([cluster.worker().ready(), cluster.worker().ready()]);
  const startedAt = performance.now();
  const enqueued: string[] = [];
  const blockers: string[] = [];
  while (enqueued.length < jobs) {
    const times = { prepareMs: random.between(0, 400), runMs: random.between(0, 200) };
    enqueued.push(await enqueue(url, { key: `job ${enqueued.length}`, ...times }));
    if (blockers.length < rounds) blockers.push(await enqueue(url, { key: 'blocker', fault: 'block-once' }));
  }
  const alwaysBlocking = await enqueue(url, { key: 'always blocking', fault: 'block' }, 'ordinary-effects');
  const finished = await settled(cluster.pool, 150_000);
  const history = await readHistory(cluster.pool);
  const lostJobs = await missingJobs(cluster.pool, [...enqueued, ...blockers]);
  return {
    figures: {
      'blocks of 15 s': blockers.length,
      'other jobs': enqueued.length,
      effects: history.effects,
      lost: lostJobs,
      doubled: history.doubled,
      'attempts of a job that blocks once': (await endOf(cluster.pool, blockers)).attempts,
      'state of a job that always blocks': (await endOf(cluster.pool, [alwaysBlocking])).state,
      'all finished after': formatDuration(performance.now() - startedAt),
    },
    failures: [...violations(history, lostJobs), ...(finished ? [] : ['some jobs did not finish in time'])],
  };
}

async function endOf(pool: Pool, ids: readonly string[]): Promise<{ attempts: number; state: string }> {
  const { rows } = await pool.query<{ attempts: number; state: string }>(
    'SELECT attempts, state FROM jobs WHERE id = ANY($1::uuid[]) ORDER BY attempts DESC',
    [ids],
  );
  return rows[0] ?? { attempts: 0, state: 'lost' };
}
