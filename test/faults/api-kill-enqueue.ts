import type { Pool } from 'pg';
import { violations, enqueue, missingJobs, formatDuration, readHistory } from './jobs.ts';
import type { ScenarioResult, ScenarioOptions, Scenario } from './scenario.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

/** Time limit for the start by another process, which polls twice a second. */
const longestMs = 1000;

export const apiKillEnqueue: Scenario = {
  description: 'an API process is killed between the COMMIT of a job and its notification',
  promise: 'A job that was committed just before a crash starts within a second, once.',
  defaults: { jobs: 1, rounds: 20 },
  short: { rounds: 2 },
  run,
};

async function run(cluster: TestCluster, { rounds }: ScenarioOptions): Promise<ScenarioResult> {
  await cluster.worker().ready();
  const waits: number[] = [];
  const enqueued: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const key = await crash(cluster, round);
    const job = await waitUntil(`${key} has succeeded`, async () => await findDone(cluster.pool, key));
    enqueued.push(job.id);
    waits.push(job.waitedMs);
  }
  const history = await readHistory(cluster.pool);
  const lostJobs = await missingJobs(cluster.pool, enqueued);
  const longest = Math.max(...waits);
  return {
    figures: {
      'crashes between COMMIT and notification': waits.length,
      'longest time to start': formatDuration(longest),
      jobs: history.jobs,
      effects: history.effects,
      lost: lostJobs,
      doubled: history.doubled,
    },
    failures: [
      ...violations(history, lostJobs),
      ...(longest > longestMs ? [`a job whose API process was killed waited longer than ${longestMs} ms`] : []),
    ],
  };
}

/** Enqueues one job, which ends the process, and returns its key. */
async function crash(cluster: TestCluster, round: number): Promise<string> {
  const api = cluster.api({ SCENARIO_CRASH_AT: 'committed' });
  const key = `committed ${round}`;
  await enqueue(await api.ready(), { key }).catch(() => undefined);
  await api.ended;
  return key;
}

async function findDone(pool: Pool, key: string): Promise<{ id: string; waitedMs: number } | undefined> {
  const { rows } = await pool.query<{ id: string; waitedMs: number }>(
    `SELECT id, extract(epoch FROM started_at - created_at)::float8 * 1000 AS "waitedMs" FROM jobs
     WHERE payload ->> 'key' = $1 AND state = 'succeeded'`,
    [key],
  );
  return rows[0];
}
