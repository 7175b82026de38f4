import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { enqueue, outcomeOf, readable, readHistory, settled } from './jobs.ts';
import type { Random } from './random.ts';
import type { Finding, Plan, Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

const workerCount = 2;
/** Unfinished jobs at any time: as many as the workers can run at once, so that recovery is not a matter of waiting in line. */
const openJobs = 10;
const recoveryMaxMs = 20_000;

export const workerKill: Scenario = {
  about: 'kill -9 of workers at random points under load',
  defaults: { jobs: 300, rounds: 100 },
  run: async (stage, plan) => await run(stage, plan),
};

async function run(stage: Stage, { jobs, rounds, random }: Plan): Promise<Finding> {
  const url = await stage.api().ready();
  const killer = new Killer(stage, random, rounds);
  const promised: string[] = [];
  const work = killer.run();
  while (promised.length < jobs || !killer.done) {
    const open = promised.length - (await readHistory(stage.pool)).succeeded;
    for (let more = open; more < openJobs; more += 1) {
      const times = { prepareMs: random.between(0, 600), runMs: random.between(0, 400) };
      promised.push(await enqueue(url, { key: `job ${promised.length}`, ...times }));
    }
    await delay(50);
  }
  await work;
  const finished = await settled(stage.pool, 90_000);
  const outcome = await outcomeOf(stage.pool, promised, finished);
  const recovery = await recoveries(stage.pool);
  return {
    figures: {
      kills: killer.kills,
      jobs: promised.length,
      ...outcome.figures,
      'attempts cut off by a kill': recovery.interrupted,
      'attempts in all': outcome.history.attempts,
      'longest recovery': readable(recovery.longestMs),
      'median recovery': readable(recovery.medianMs),
    },
    broken: [...outcome.broken, ...(recovery.longestMs > recoveryMaxMs ? ['a recovery took more than 20 s'] : [])],
  };
}

/** Keeps two workers running and kills each of them again and again; what it starts at the end may live. */
class Killer {
  kills = 0;

  constructor(
    private readonly stage: Stage,
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
    while (!this.done) {
      const worker = this.stage.worker();
      await worker.ready();
      await delay(this.random.between(0, 3000));
      if (this.claimKill()) {
        await worker.kill();
        await this.stage.pool.query('INSERT INTO prove_kills (process) VALUES ($1)', [worker.name]);
      }
    }
    await this.stage.worker().ready();
  }

  private claimKill(): boolean {
    if (this.done) return false;
    this.kills += 1;
    return true;
  }
}

/**
 * From the last kill that met a job while it ran to the end of that job. Where the process died before its attempt could
 * be noted, from the begin of the attempt, which was earlier.
 */
async function recoveries(pool: Pool): Promise<{ interrupted: number; longestMs: number; medianMs: number }> {
  const { rows } = await pool.query<{ interrupted: number; longestMs: number; medianMs: number }>(`
    WITH begun AS (
      SELECT job_id, (data ->> 'attempt')::int AS attempt, at FROM job_events
      WHERE kind = 'state' AND data ->> 'state' = 'running'
    ), recovery AS (
      SELECT j.attempts - 1 AS interrupted, extract(epoch FROM j.finished_at - coalesce(k.at, b.at))::float8 * 1000 AS ms
      FROM jobs j JOIN begun b ON b.job_id = j.id AND b.attempt = j.attempts - 1
        LEFT JOIN prove_attempts a ON a.job_id = b.job_id AND a.attempt = b.attempt LEFT JOIN prove_kills k USING (process)
      WHERE j.type LIKE 'prove.%' AND j.state = 'succeeded'
    )
    SELECT coalesce(sum(interrupted), 0)::int AS interrupted, coalesce(max(ms), 0) AS "longestMs",
      coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms), 0) AS "medianMs" FROM recovery`);
  return rows[0] ?? { interrupted: 0, longestMs: 0, medianMs: 0 };
}
