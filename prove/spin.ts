import type { Pool } from 'pg';
import { brokenPromises, enqueue, lost, readable, readHistory, settled } from './jobs.ts';
import type { Finding, Plan, Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

/**
 * A handler that spins once is done by another worker. One that spins in every attempt loses each of its leases and ends
 * dead, or succeeds when nobody else is free to take it over; either way it stops nothing else.
 */
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
  const hopeless = await enqueue(url, { key: 'hopeless', fault: 'spin' }, 'ordinary-effects');
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
      'attempts of one that spins once': (await endOf(stage.pool, spinners)).attempts,
      'end of one that spins in every attempt': (await endOf(stage.pool, [hopeless])).state,
      'all done after': readable(performance.now() - begin),
    },
    broken: [...brokenPromises(history, lostJobs), ...(finished ? [] : ['some jobs did not finish in time'])],
  };
}

async function endOf(pool: Pool, ids: readonly string[]): Promise<{ attempts: number; state: string }> {
  const { rows } = await pool.query<{ attempts: number; state: string }>(
    'SELECT attempts, state FROM jobs WHERE id = ANY($1::uuid[]) ORDER BY attempts DESC',
    [ids],
  );
  return rows[0] ?? { attempts: 0, state: 'lost' };
}
