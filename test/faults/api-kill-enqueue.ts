import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { crashPoints } from './crash-points.ts';
import { violations, enqueue, missingJobs, formatDuration, readHistory } from './jobs.ts';
import type { ScenarioResult, ScenarioOptions, Scenario } from './scenario.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

/** Time limits for the start by another process: a message that was sent is checked once a second. */
const longestMs = { committed: 1000, published: 2000 };

export const apiKillEnqueue: Scenario = {
  description:
    'an API process is killed after the COMMIT of an enqueue, or between addBulk and the COMMIT of its relay',
  defaults: { jobs: 1, rounds: 20 },
  run: async (cluster, options) => await run(cluster, options),
};

async function run(cluster: TestCluster, { rounds }: ScenarioOptions): Promise<ScenarioResult> {
  await cluster.worker().ready();
  const waits = { committed: [] as number[], published: [] as number[] };
  const enqueued: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const point of crashPoints) {
      const key = await crash(cluster, point, round);
      const job = await waitUntil(`${key} has succeeded`, async () => await findDone(cluster.pool, key));
      enqueued.push(job.id);
      waits[point].push(job.waitedMs);
    }
  }
  const history = await readHistory(cluster.pool);
  const lostJobs = await missingJobs(cluster.pool, enqueued);
  const longest = { committed: Math.max(...waits.committed), published: Math.max(...waits.published) };
  return {
    figures: {
      'crashes between COMMIT and dispatch': waits.committed.length,
      'longest time to start, after COMMIT': formatDuration(longest.committed),
      'crashes between addBulk and COMMIT': waits.published.length,
      'longest time to start, after addBulk': formatDuration(longest.published),
      jobs: history.jobs,
      effects: history.effects,
      lost: lostJobs,
      doubled: history.doubled,
    },
    failures: [
      ...violations(history, lostJobs),
      ...crashPoints
        .filter((point) => longest[point] > longestMs[point])
        .map((point) => `a job whose API process was killed (${point}) waited longer than ${longestMs[point]} ms`),
    ],
  };
}

/**
 * Enqueues until the process is killed: another process's relay may send a job first. Returns the last key that was
 * stored, because the process may end before it stores a later one.
 */
async function crash(cluster: TestCluster, point: string, round: number): Promise<string> {
  const api = cluster.api({ SCENARIO_CRASH_AT: point });
  const url = await api.ready();
  for (let attempt = 1; ; attempt += 1) {
    await enqueue(url, { key: `${point} ${round}.${attempt}` }).catch(() => undefined);
    if (await Promise.race([api.ended.then(() => true), delay(500, false)])) break;
  }
  const { rows } = await cluster.pool.query<{ key: string }>(
    `SELECT payload ->> 'key' AS key FROM jobs WHERE payload ->> 'key' LIKE $1 ORDER BY created_at DESC LIMIT 1`,
    [`${point} ${round}.%`],
  );
  if (rows[0] === undefined)
    throw new Error(`The process was killed at ${point} of round ${round} before it stored a job`);
  return rows[0].key;
}

async function findDone(pool: Pool, key: string): Promise<{ id: string; waitedMs: number } | undefined> {
  const { rows } = await pool.query<{ id: string; waitedMs: number }>(
    `SELECT id, extract(epoch FROM started_at - created_at)::float8 * 1000 AS "waitedMs" FROM jobs
     WHERE payload ->> 'key' = $1 AND state = 'succeeded'`,
    [key],
  );
  return rows[0];
}
