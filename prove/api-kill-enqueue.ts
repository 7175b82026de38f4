import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { crashPoints } from './crash-points.ts';
import { brokenPromises, enqueue, eventually, lost, readable, readHistory } from './jobs.ts';
import type { Finding, Plan, Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

/** How soon another process has the job started: the message that is out already is looked at once a second. */
const longestMs = { committed: 1000, published: 2000 };

export const apiKillEnqueue: Scenario = {
  about: 'an API process dies right behind the COMMIT of an enqueue, or between addBulk and the COMMIT of its relay',
  defaults: { jobs: 1, rounds: 20 },
  run: async (stage, plan) => await run(stage, plan),
};

async function run(stage: Stage, { rounds }: Plan): Promise<Finding> {
  await stage.worker().ready();
  const waits = { committed: [] as number[], published: [] as number[] };
  const promised: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const point of crashPoints) {
      const key = await crash(stage, point, round);
      const job = await eventually(`${key} is done`, async () => await findDone(stage.pool, key));
      promised.push(job.id);
      waits[point].push(job.waitedMs);
    }
  }
  const history = await readHistory(stage.pool);
  const lostJobs = await lost(stage.pool, promised);
  const longest = { committed: Math.max(...waits.committed), published: Math.max(...waits.published) };
  return {
    figures: {
      'crashes behind COMMIT, before the nudge': waits.committed.length,
      'longest until another process had it started': readable(longest.committed),
      'crashes between addBulk and COMMIT': waits.published.length,
      'longest until it was started': readable(longest.published),
      jobs: history.jobs,
      effects: history.effects,
      lost: lostJobs,
      doubled: history.doubled,
    },
    broken: [
      ...brokenPromises(history, lostJobs),
      ...crashPoints
        .filter((point) => longest[point] > longestMs[point])
        .map((point) => `a job whose API process died (${point}) waited for more than ${longestMs[point]} ms`),
    ],
  };
}

/**
 * Enqueues until the process dies of it, for another one's sweep may have sent the job first. Returns the last key that
 * is stored: what is asked of a process that was about to die is not.
 */
async function crash(stage: Stage, point: string, round: number): Promise<string> {
  const api = stage.api({ PROVE_CRASH_AT: point });
  const url = await api.ready();
  for (let attempt = 1; ; attempt += 1) {
    await enqueue(url, { key: `${point} ${round}.${attempt}` }).catch(() => undefined);
    if (await Promise.race([api.ended.then(() => true), delay(500, false)])) break;
  }
  const { rows } = await stage.pool.query<{ key: string }>(
    `SELECT payload ->> 'key' AS key FROM jobs WHERE payload ->> 'key' LIKE $1 ORDER BY created_at DESC LIMIT 1`,
    [`${point} ${round}.%`],
  );
  if (rows[0] === undefined) throw new Error(`The process died at ${point} of round ${round} and had stored no job`);
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
