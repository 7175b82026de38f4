import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { enqueue, formatDuration, outcomeOf, settled } from './jobs.ts';
import type { ScenarioResult, ScenarioOptions, Scenario } from './scenario.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

const blockMs = 40_000;

/** Longest time from the request of another job to its end, and longest response of /livez. */
const limits = { jobMs: 2000, livezMs: 500 };

export const threadBlock: Scenario = {
  description: 'handlers with `workerThread` compute for 40 s without a pause, in a process that serves requests',
  promise: 'A job in a worker thread may compute for longer than a lease without delaying others.',
  defaults: { jobs: 20, rounds: 2 },
  short: { jobs: 5, rounds: 1 },
  run,
};

async function run(cluster: TestCluster, { jobs, rounds, random }: ScenarioOptions): Promise<ScenarioResult> {
  const url = await cluster.api({ WORKER: 'inline' }).ready();
  const startedAt = performance.now();
  const blockers: string[] = [];
  while (blockers.length < rounds) blockers.push(await enqueue(url, { blockMs }, 'threads'));
  await waitUntil('every thread computes', async () => (await started(cluster.pool)) === rounds, blockMs);
  const others: string[] = [];
  const [jobTimes, livezTimes] = [[0], [0]];
  while ((await unfinished(cluster.pool, blockers)) === rounds) {
    jobTimes.push(
      await timeOf(async () => {
        const id = await enqueue(url, { key: `job ${others.length}`, prepareMs: random.between(0, 200) });
        others.push(id);
        await waitUntil('another job ends', async () => (await unfinished(cluster.pool, [id])) === 0, blockMs);
      }),
    );
    livezTimes.push(await timeOf(async () => await fetch(`${url}/livez`)));
    await delay(random.between(0, 200));
  }
  const finished = await settled(cluster.pool, 60_000);
  const outcome = await outcomeOf(cluster.pool, [...blockers, ...others], finished);
  const spent = outcome.history.attempts - outcome.history.jobs;
  const longest = { job: Math.max(...jobTimes), livez: Math.max(...livezTimes) };
  return {
    figures: {
      'blocks of 40 s, at the same time': blockers.length,
      'other jobs that ended during the blocks': others.length,
      'longest time of another job': formatDuration(longest.job),
      'longest response of /livez': formatDuration(longest.livez),
      'attempts lost': spent,
      ...outcome.figures,
      'all finished after': formatDuration(performance.now() - startedAt),
    },
    failures: [
      ...outcome.violations,
      ...(spent > 0 ? [`${spent} attempts were lost`] : []),
      ...(others.length < jobs ? [`only ${others.length} other jobs ended during the blocks`] : []),
    ],
    timingFailures: [
      ...(longest.job > limits.jobMs ? [`another job took ${formatDuration(longest.job)}`] : []),
      ...(longest.livez > limits.livezMs ? [`/livez took ${formatDuration(longest.livez)}`] : []),
    ],
  };
}

async function started(pool: Pool): Promise<number> {
  const { rows } = await pool.query('SELECT 1 FROM scenario_attempts');
  return rows.length;
}

async function unfinished(pool: Pool, ids: readonly string[]): Promise<number> {
  const { rows } = await pool.query('SELECT 1 FROM jobs WHERE id = ANY($1::uuid[]) AND finished_at IS NULL', [ids]);
  return rows.length;
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
