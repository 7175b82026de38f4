import { readFileSync } from 'node:fs';
import type { Pool } from 'pg';
import { enqueue, enqueueAll, outcomeOf, formatDuration, settled } from './jobs.ts';
import type { ScenarioResult, ScenarioOptions, Scenario } from './scenario.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

/** Time limit for the start of jobs that the suspended process has not claimed. */
const longestMs = 4000;
/** Its own jobs are rescued when their leases have expired. */
const recoveryMaxMs = 20_000;

export const claimFreeze: Scenario = {
  description: 'a worker is suspended between the claim of jobs and their execution, and is not resumed',
  promise: 'A worker that stops between claim and execution delays its jobs only until their leases expire.',
  defaults: { jobs: 10, rounds: 5 },
  short: { jobs: 3, rounds: 1 },
  run,
};

async function run(cluster: TestCluster, { jobs, rounds }: ScenarioOptions): Promise<ScenarioResult> {
  const url = await cluster.api().ready();
  const waits: number[] = [];
  const recoveries: number[] = [];
  const enqueued: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const frozen = cluster.worker({ SCENARIO_CRASH_AT: 'claimed', SCENARIO_CRASH_BY: 'SIGSTOP' });
    await frozen.ready();
    const own = await enqueue(url, { key: `own ${round}` });
    await waitUntil('the worker is suspended', () => Promise.resolve(isStopped(frozen.pid)));
    const worker = cluster.worker();
    await worker.ready();
    const payloads = Array.from({ length: jobs }, (_, job) => ({ key: `other ${round}.${job}` }));
    const others = await enqueueAll(url, payloads);
    for (const id of others)
      waits.push(await waitUntil('the job starts', async () => await findWait(cluster.pool, id), 60_000));
    recoveries.push(await waitUntil('the rescued job ends', async () => await findEnd(cluster.pool, own), 60_000));
    enqueued.push(own, ...others);
    await frozen.kill();
    await worker.kill();
  }
  const outcome = await outcomeOf(cluster.pool, enqueued, await settled(cluster.pool, 60_000));
  const [longest, recovery] = [Math.max(...waits), Math.max(...recoveries)];
  return {
    figures: {
      'suspended workers': rounds,
      jobs: outcome.history.jobs,
      'longest time to start another job': formatDuration(longest),
      'longest recovery': formatDuration(recovery),
      ...outcome.figures,
    },
    failures: outcome.violations,
    timingFailures: [
      ...(longest > longestMs ? [`another job waited longer than ${longestMs} ms`] : []),
      ...(recovery > recoveryMaxMs ? ['a recovery took more than 20 s'] : []),
    ],
  };
}

/** Whether a process is suspended (state T in Linux' /proc/<pid>/stat). */
function isStopped(pid: number): boolean {
  return /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

async function findWait(pool: Pool, id: string): Promise<number | undefined> {
  const { rows } = await pool.query<{ waitedMs: number }>(
    `SELECT extract(epoch FROM started_at - created_at)::float8 * 1000 AS "waitedMs" FROM jobs
     WHERE id = $1 AND started_at IS NOT NULL`,
    [id],
  );
  return rows[0]?.waitedMs;
}

async function findEnd(pool: Pool, id: string): Promise<number | undefined> {
  const { rows } = await pool.query<{ tookMs: number }>(
    `SELECT extract(epoch FROM finished_at - created_at)::float8 * 1000 AS "tookMs" FROM jobs
     WHERE id = $1 AND state = 'succeeded'`,
    [id],
  );
  return rows[0]?.tookMs;
}
