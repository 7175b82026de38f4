import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { enqueue, outcomeOf, formatDuration, settled } from './jobs.ts';
import type { TestProcess } from '../harness/process/test-process.ts';
import type { ScenarioResult, ScenarioOptions, Scenario } from './scenario.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

/** Time limit for the start of another process's job: the server ends an idle transaction of a relay after 2 s. */
const longestMs = 4000;
/** Long enough that no other limit ends the transaction of the suspended process. */
const longTimeouts = { DATABASE_STATEMENT_TIMEOUT_MS: '600000' };

export const relayFreeze: Scenario = {
  description: 'an API process is suspended between addBulk and the COMMIT of its relay, and is not resumed',
  defaults: { jobs: 10, rounds: 5 },
  run: async (cluster, options) => await run(cluster, options),
};

async function run(cluster: TestCluster, { jobs, rounds }: ScenarioOptions): Promise<ScenarioResult> {
  const [url] = await Promise.all([cluster.api(longTimeouts).ready(), cluster.worker(longTimeouts).ready()]);
  const waits: number[] = [];
  const enqueued: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const frozen = await freeze(cluster, round);
    const others = await Promise.all(
      Array.from({ length: jobs }, async (_, job) => await enqueue(url, { key: `other ${round}.${job}` })),
    );
    enqueued.push(...others);
    for (const id of others)
      waits.push(await waitUntil('the job starts', async () => await findWait(cluster.pool, id), 60_000));
    await frozen.kill();
  }
  const outcome = await outcomeOf(cluster.pool, enqueued, await settled(cluster.pool, 60_000));
  const longest = Math.max(...waits);
  return {
    figures: {
      'suspended relays': rounds,
      jobs: outcome.history.jobs,
      "longest time to start another process's job": formatDuration(longest),
      ...outcome.figures,
    },
    failures: outcome.violations,
    timingFailures: longest > longestMs ? [`a job of another process waited longer than ${longestMs} ms`] : [],
  };
}

/** Enqueues until the process is suspended: another process's relay may send a job first. */
async function freeze(cluster: TestCluster, round: number): Promise<TestProcess> {
  const program = cluster.api({ ...longTimeouts, SCENARIO_CRASH_AT: 'published', SCENARIO_CRASH_BY: 'SIGSTOP' });
  const url = await program.ready();
  for (let attempt = 1; !isStopped(program.pid); attempt += 1) {
    // A suspended process does not respond.
    await Promise.race([enqueue(url, { key: `own ${round}.${attempt}` }).catch(() => undefined), delay(500)]);
  }
  return program;
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
