import type { Pool } from 'pg';
import { enqueue, eventually, outcomeOf, readable, settled } from './jobs.ts';
import type { Finding, Plan, Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

/** What a stopping worker lets its jobs have, in milliseconds, and how long the long ones take. */
const graceMs = 2000;
const longMs = 8000;

export const workerStop: Scenario = {
  about: 'workers get SIGTERM in the middle of jobs, of which some end within the grace and some do not',
  defaults: { jobs: 8, rounds: 5 },
  run: async (stage, plan) => await run(stage, plan),
};

async function run(stage: Stage, { jobs, rounds, random }: Plan): Promise<Finding> {
  const url = await stage.api().ready();
  const promised: string[] = [];
  const goodbyes: number[] = [];
  const codes = new Set<number | null>();
  const variables = {
    SHUTDOWN_JOBS_MS: `${graceMs}`,
    WORKER_CONCURRENCY: `${jobs}`,
    DATABASE_POOL_MAX: `${2 * jobs + 2}`,
  };
  let worker = stage.worker(variables);
  await worker.ready();
  for (let round = 0; round < rounds; round += 1) {
    for (let at = 0; at < jobs; at += 1) {
      const prepareMs = at % 2 === 0 ? random.between(200, 800) : longMs;
      promised.push(await enqueue(url, { key: `job ${promised.length}`, prepareMs }));
    }
    await eventually('long jobs run', async () => ((await running(stage.pool)) >= jobs / 2 ? true : undefined));
    const leaving = worker;
    worker = stage.worker(variables);
    await worker.ready();
    const begin = performance.now();
    leaving.signal('SIGTERM');
    codes.add(await leaving.ended);
    goodbyes.push(performance.now() - begin);
  }
  const finished = await settled(stage.pool, 60_000);
  const outcome = await outcomeOf(stage.pool, promised, finished);
  const released = await releasedJobs(stage.pool);
  return {
    figures: {
      'workers stopped': rounds,
      'exit codes': [...codes].join(', '),
      'longest goodbye': readable(Math.max(...goodbyes)),
      jobs: promised.length,
      'jobs given back': released.jobs,
      'longest until another worker had it': readable(released.longestMs),
      'attempts spent by that': outcome.history.attempts - outcome.history.jobs,
      ...outcome.figures,
    },
    broken: [
      ...outcome.broken,
      ...(codes.size === 1 && codes.has(0) ? [] : ['a worker did not exit with 0']),
      ...(released.jobs === 0 ? ['no job was given back'] : []),
      ...(outcome.history.attempts > outcome.history.jobs ? ['a job that was given back has lost an attempt'] : []),
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

/** Jobs that went from running back to queued, and the longest time until they ran again. */
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
