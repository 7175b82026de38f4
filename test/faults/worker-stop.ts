import type { Pool } from 'pg';
import { enqueue, outcomeOf, formatDuration, settled } from './jobs.ts';
import type { ScenarioResult, ScenarioOptions, Scenario } from './scenario.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

/** Shutdown timeout of a worker, and the duration of a long job. */
const graceMs = 2000;
const longMs = 8000;

export const workerStop: Scenario = {
  description: 'workers get SIGTERM during jobs, of which some finish within the shutdown timeout and some do not',
  promise: 'A stopped worker exits in time and returns unfinished jobs without spending an attempt.',
  defaults: { jobs: 8, rounds: 5 },
  short: { jobs: 4, rounds: 1 },
  run,
};

async function run(cluster: TestCluster, { jobs, rounds, random }: ScenarioOptions): Promise<ScenarioResult> {
  const url = await cluster.api().ready();
  const enqueued: string[] = [];
  const shutdowns: number[] = [];
  const codes = new Set<number | null>();
  const variables = {
    WORKER_SHUTDOWN_TIMEOUT_MS: `${graceMs}`,
    WORKER_CONCURRENCY: `${jobs}`,
    DATABASE_POOL_MAX: `${2 * jobs + 2}`,
  };
  let worker = cluster.worker(variables);
  await worker.ready();
  for (let round = 0; round < rounds; round += 1) {
    for (let at = 0; at < jobs; at += 1) {
      const prepareMs = at % 2 === 0 ? random.between(200, 800) : longMs;
      enqueued.push(await enqueue(url, { key: `job ${enqueued.length}`, prepareMs }));
    }
    await waitUntil('long jobs run', async () => (await running(cluster.pool)) >= jobs / 2);
    const stopping = worker;
    worker = cluster.worker(variables);
    await worker.ready();
    const startedAt = performance.now();
    stopping.signal('SIGTERM');
    codes.add(await stopping.ended);
    shutdowns.push(performance.now() - startedAt);
  }
  const finished = await settled(cluster.pool, 60_000);
  const outcome = await outcomeOf(cluster.pool, enqueued, finished);
  const released = await releasedJobs(cluster.pool);
  return {
    figures: {
      'workers stopped': rounds,
      'exit codes': [...codes].join(', '),
      'longest shutdown': formatDuration(Math.max(...shutdowns)),
      jobs: enqueued.length,
      'jobs released': released.jobs,
      'longest time to the next attempt': formatDuration(released.longestMs),
      'attempts spent by shutdowns': outcome.history.attempts - outcome.history.jobs,
      ...outcome.figures,
    },
    failures: [
      ...outcome.violations,
      ...(codes.size === 1 && codes.has(0) ? [] : ['a worker did not exit with 0']),
      ...(released.jobs === 0 ? ['no job was released'] : []),
      ...(outcome.history.attempts > outcome.history.jobs ? ['a released job has lost an attempt'] : []),
    ],
  };
}

async function running(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM jobs WHERE state = 'running' AND (payload ->> 'prepareMs')::int = $1`,
    [longMs],
  );
  return rows[0]?.count ?? 0;
}

/** Jobs that changed from running to queued, and the longest time until they ran again. */
async function releasedJobs(pool: Pool): Promise<{ jobs: number; longestMs: number }> {
  const { rows } = await pool.query<{ jobs: number; longestMs: number }>(`
    WITH steps AS (
      SELECT job_id, data ->> 'state' AS state, at, seq,
        lead(at) OVER (PARTITION BY job_id ORDER BY seq) AS next_at FROM job_events WHERE kind = 'state'
    )
    SELECT count(DISTINCT job_id)::int AS jobs,
      coalesce(max(extract(epoch FROM next_at - at))::float8 * 1000, 0) AS "longestMs"
    FROM steps WHERE state = 'queued' AND seq > 1`);
  return rows[0] ?? { jobs: 0, longestMs: 0 };
}
