import type { Pool } from 'pg';
import { brokenPromises, enqueue, lost, readable, readHistory, settled } from './jobs.ts';
import type { Finding, Plan, Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

export const spin: Scenario = {
  about: 'handlers keep the event loop of their worker busy for 15 s, longer than a lease lasts',
  defaults: { jobs: 100, rounds: 1 },
  run: async (stage, plan) => await run(stage, plan),
};

async function run(stage: Stage, { jobs, rounds, random }: Plan): Promise<Finding> {
  const url = await stage.api().ready();
  await Promise.all([stage.worker().ready(), stage.worker().ready()]);
  const begin = performance.now();
  const promised: string[] = [];
  const spinners: string[] = [];
  while (promised.length < jobs) {
    const times = { prepareMs: random.between(0, 400), runMs: random.between(0, 200) };
    promised.push(await enqueue(url, { key: `job ${promised.length}`, ...times }));
    if (spinners.length < rounds) spinners.push(await enqueue(url, { key: 'spinner', fault: 'spin-once' }));
  }
  const finished = await settled(stage.pool, 150_000);
  const history = await readHistory(stage.pool);
  const lostJobs = await lost(stage.pool, [...promised, ...spinners]);
  return {
    figures: {
      'busy loops of 15 s': spinners.length,
      'other jobs': promised.length,
      effects: history.effects,
      lost: lostJobs,
      doubled: history.doubled,
      'attempts of a spinner': await attemptsOf(stage.pool, spinners),
      'all done after': readable(performance.now() - begin),
    },
    broken: [...brokenPromises(history, lostJobs), ...(finished ? [] : ['some jobs did not finish in time'])],
  };
}

async function attemptsOf(pool: Pool, ids: readonly string[]): Promise<number> {
  const { rows } = await pool.query<{ attempts: number }>(
    'SELECT coalesce(max(attempts), 0) AS attempts FROM jobs WHERE id = ANY($1::uuid[])',
    [ids],
  );
  return rows[0]?.attempts ?? 0;
}
