import type { Pool } from 'pg';
import { brokenPromises, enqueue, eventually, lost, readable, readHistory, settled } from './jobs.ts';
import type { Finding, Plan, Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

const attemptsMax = 5;

export const poison: Scenario = {
  about: 'a handler that ends its process in every attempt',
  defaults: { jobs: 200, rounds: 1 },
  run: async (stage, plan) => await run(stage, plan),
};

async function run(stage: Stage, { jobs, rounds, random }: Plan): Promise<Finding> {
  const url = await stage.api().ready();
  const workers = new Respawning(stage);
  await workers.start(2);
  const begin = performance.now();
  const promised: string[] = [];
  const poisoned: string[] = [];
  while (promised.length < jobs) {
    const times = { prepareMs: random.between(0, 400), runMs: random.between(0, 200) };
    // Whoever runs beside the poison loses an attempt with it, so these have more of them.
    promised.push(await enqueue(url, { key: `job ${promised.length}`, ...times }));
    if (poisoned.length < rounds) {
      poisoned.push(await enqueue(url, { key: `poison ${poisoned.length}`, fault: 'exit' }, 'ordinary-effects'));
    }
  }
  const othersMs = await eventually(
    'all other jobs are done',
    async () => ((await lost(stage.pool, promised)) === 0 ? performance.now() - begin : undefined),
    150_000,
  ).catch(() => undefined);
  await settled(stage.pool, 150_000);
  workers.stop();
  const dead = await deadOf(stage.pool, poisoned);
  const history = await readHistory(stage.pool);
  const lostJobs = await lost(stage.pool, promised);
  return {
    figures: {
      'poisoned jobs': poisoned.length,
      'dead after their attempts': dead.count,
      'attempts of a poisoned job': dead.attempts,
      'dead after': readable(dead.longestMs),
      'processes lost': workers.lost,
      'other jobs': promised.length,
      'effects of others': history.effects,
      'others lost': lostJobs,
      'others done after': othersMs === undefined ? 'never' : readable(othersMs),
      doubled: history.doubled,
    },
    broken: [
      ...brokenPromises(history, lostJobs),
      ...(dead.count < poisoned.length ? ['a poisoned job is not dead'] : []),
      ...(dead.attempts === attemptsMax
        ? []
        : [`a poisoned job had ${dead.attempts} attempts instead of ${attemptsMax}`]),
    ],
  };
}

/** Workers of which each is replaced at once when it ends. */
class Respawning {
  lost = 0;
  private stopped = false;

  constructor(private readonly stage: Stage) {}

  async start(count: number): Promise<void> {
    await Promise.all(
      Array.from({ length: count }, async () => {
        await this.spawn();
      }),
    );
  }

  stop(): void {
    this.stopped = true;
  }

  private async spawn(): Promise<void> {
    const worker = this.stage.worker();
    await worker.ready();
    void worker.ended.then(() => {
      if (this.stopped) return;
      this.lost += 1;
      this.spawn().catch(() => undefined);
    });
  }
}

async function deadOf(pool: Pool, ids: string[]): Promise<{ count: number; attempts: number; longestMs: number }> {
  const { rows } = await pool.query<{ count: number; attempts: number; longestMs: number }>(
    `SELECT count(*) FILTER (WHERE state = 'dead')::int AS count, coalesce(max(attempts), 0) AS attempts,
       coalesce(extract(epoch FROM max(finished_at - created_at))::float8 * 1000, 0) AS "longestMs"
     FROM jobs WHERE id = ANY($1::uuid[])`,
    [ids],
  );
  return rows[0] ?? { count: 0, attempts: 0, longestMs: 0 };
}
