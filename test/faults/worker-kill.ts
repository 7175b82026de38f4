import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { enqueue, outcomeOf, formatDuration, readHistory, settled } from './jobs.ts';
import type { Random } from '../harness/process/random.ts';
import type { ScenarioResult, ScenarioOptions, Scenario } from './scenario.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';

const workerCount = 2;
/**
 * Unfinished jobs at any time: as many as the workers run at once, so that recovery times include no waiting in the
 * queue.
 */
const openJobs = 10;
const recoveryMaxMs = 20_000;

export const workerKill: Scenario = {
  description: 'workers get SIGKILL at random times under load',
  promise: 'A killed worker loses no job and doubles no effect; its jobs run elsewhere within 20 s.',
  defaults: { jobs: 300, rounds: 100 },
  short: { jobs: 60, rounds: 4 },
  run,
};

async function run(cluster: TestCluster, { jobs, rounds, random }: ScenarioOptions): Promise<ScenarioResult> {
  const url = await cluster.api().ready();
  const killer = new Killer(cluster, random, rounds);
  const enqueued: string[] = [];
  const work = killer.run();
  while (enqueued.length < jobs || !killer.done) {
    const unfinished = enqueued.length - (await readHistory(cluster.pool)).succeeded;
    for (let more = unfinished; more < openJobs; more += 1) {
      const times = { prepareMs: random.between(0, 600), runMs: random.between(0, 400) };
      enqueued.push(await enqueue(url, { key: `job ${enqueued.length}`, ...times }));
    }
    await delay(50);
  }
  await work;
  const finished = await settled(cluster.pool, 90_000);
  const outcome = await outcomeOf(cluster.pool, enqueued, finished);
  const recovery = await recoveries(cluster.pool);
  return {
    figures: {
      kills: killer.kills,
      jobs: enqueued.length,
      ...outcome.figures,
      'interrupted attempts': recovery.interrupted,
      attempts: outcome.history.attempts,
      'longest recovery': formatDuration(recovery.longestMs),
      'median recovery': formatDuration(recovery.medianMs),
    },
    failures: [
      ...outcome.violations,
      ...(recovery.longestMs > recoveryMaxMs ? ['a recovery took more than 20 s'] : []),
    ],
  };
}

/** Keeps two workers running and kills each of them repeatedly; the last two are left running. */
class Killer {
  kills = 0;

  constructor(
    private readonly cluster: TestCluster,
    private readonly random: Random,
    private readonly rounds: number,
  ) {}

  get done(): boolean {
    return this.kills >= this.rounds;
  }

  async run(): Promise<void> {
    await Promise.all(
      Array.from({ length: workerCount }, async () => {
        await this.keepKilling();
      }),
    );
  }

  private async keepKilling(): Promise<void> {
    for (;;) {
      const worker = this.cluster.worker();
      await worker.ready();
      if (this.done) return;
      await delay(this.random.between(0, 3000));
      if (!this.claimKill()) return;
      await worker.kill();
      await this.cluster.pool.query('INSERT INTO scenario_kills (process) VALUES ($1)', [worker.name]);
    }
  }

  private claimKill(): boolean {
    if (this.done) return false;
    this.kills += 1;
    return true;
  }
}

/**
 * Time from the last kill that interrupted a job to the end of that job. When the process ended before it recorded its
 * attempt, the time starts with the attempt, which is earlier.
 */
async function recoveries(pool: Pool): Promise<{ interrupted: number; longestMs: number; medianMs: number }> {
  const { rows } = await pool.query<{ interrupted: number; longestMs: number; medianMs: number }>(`
    WITH begun AS (
      SELECT job_id, (data ->> 'attempt')::int AS attempt, at FROM job_events
      WHERE kind = 'state' AND data ->> 'state' = 'running'
    ), recovery AS (
      SELECT j.attempts - 1 AS interrupted, extract(epoch FROM j.finished_at - coalesce(k.at, b.at))::float8 * 1000 AS ms
      FROM jobs j JOIN begun b ON b.job_id = j.id AND b.attempt = j.attempts - 1
        LEFT JOIN scenario_attempts a ON a.job_id = b.job_id AND a.attempt = b.attempt LEFT JOIN scenario_kills k USING (process)
      WHERE j.type LIKE 'scenario.%' AND j.state = 'succeeded'
    )
    SELECT coalesce(sum(interrupted), 0)::int AS interrupted, coalesce(max(ms), 0) AS "longestMs",
      coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms), 0) AS "medianMs" FROM recovery`);
  return rows[0] ?? { interrupted: 0, longestMs: 0, medianMs: 0 };
}
