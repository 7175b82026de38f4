import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { accessToken } from './caller.ts';
import { outcomeOf, readable, settled } from './jobs.ts';
import { countKeys } from './keyed-jobs.ts';
import { PersistentLoad } from './persistent-load.ts';
import type { Program } from './program.ts';
import type { Random } from './random.ts';
import type { Finding, Plan, Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

const cutEveryMs = 70;
/** A failover cuts all connections at once. */
const failoverEveryMs = 2500;
const cutsPerFailover = 50;

export const connectionCuts: Scenario = {
  about: 'connections to the database are ended one by one and all at once, under load on an API and a worker',
  defaults: { jobs: 0, rounds: 1000 },
  run: async (stage, plan) => await run(stage, plan),
};

async function run(stage: Stage, { rounds, random }: Plan): Promise<Finding> {
  const programs = [stage.api(), stage.worker()] as const;
  const [url] = await Promise.all(programs.map(async (program) => await program.ready()));
  const load = new PersistentLoad(url ?? '', await accessToken(url ?? '', stage.pool, { role: 'admin' }), random);
  const running = load.run();
  const single = await cutOneByOne(stage.pool, rounds, { random, isNeeded: () => programs.every(isRunning) });
  const failovers = Math.ceil(rounds / cutsPerFailover);
  const atOnce = await cutAllAtOnce(stage.pool, failovers, () => programs.every(isRunning));
  load.stop();
  await running;
  const begin = performance.now();
  const finished = await settled(stage.pool, 180_000);
  const outcome = await outcomeOf(stage.pool, load.jobIds, finished);
  const counted = await countKeys(stage.pool);
  const codes = await Promise.all(programs.map(async (program) => await endOf(program)));
  const unequal = load.keys.filter(({ answers }) => new Set(answers).size !== 1).length;
  return {
    figures: {
      'connections cut one by one': single,
      failovers,
      'connections cut by them': atOnce,
      requests: load.requests,
      ...load.figures,
      keys: load.keys.length,
      'keys lost': load.keys.length - counted.keys,
      'keys doubled': counted.doubled,
      'keys with unequal answers': unequal,
      jobs: outcome.history.jobs,
      'jobs lost': outcome.figures.lost,
      'jobs doubled': outcome.figures.doubled,
      'attempts spent': outcome.history.attempts,
      'jobs done after the last cut': readable(performance.now() - begin),
      'exit codes': codes.join(', '),
    },
    broken: [
      ...outcome.broken,
      ...load.broken,
      ...(single === rounds ? [] : ['a process ended before all connections were cut']),
      ...(counted.keys === load.keys.length ? [] : ['a key has no effect']),
      ...(counted.doubled === 0 ? [] : [`${counted.doubled} keys had their effect more than once`]),
      ...(unequal === 0 ? [] : [`${unequal} keys were answered in different ways, or not at all`]),
      ...(codes.every((code) => code === 0) ? [] : ['a process did not exit with 0']),
    ],
  };
}

function isRunning(program: Program): boolean {
  return program.running;
}

/** Ends one connection of the service after another. Returns how many, fewer when a process has ended. */
async function cutOneByOne(
  pool: Pool,
  cuts: number,
  { random, isNeeded }: { random: Random; isNeeded: () => boolean },
): Promise<number> {
  let done = 0;
  while (done < cuts && isNeeded()) {
    const pids = await connections(pool);
    done += await cut(pool, pids.slice(random.between(0, pids.length - 1)).slice(0, 1));
    await delay(cutEveryMs);
  }
  return done;
}

async function cutAllAtOnce(pool: Pool, times: number, isNeeded: () => boolean): Promise<number> {
  let done = 0;
  for (let time = 0; time < times && isNeeded(); time += 1) {
    done += await cut(pool, await connections(pool));
    await delay(failoverEveryMs);
  }
  return done;
}

/** The server processes of the service's connections; those of the scenario have no name. */
async function connections(pool: Pool): Promise<number[]> {
  const { rows } = await pool.query<{ pid: number }>(`
    SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name <> '' ORDER BY pid`);
  return rows.map(({ pid }) => pid);
}

async function cut(pool: Pool, pids: readonly number[]): Promise<number> {
  const { rows } = await pool.query<{ cut: number }>(
    'SELECT count(*) FILTER (WHERE pg_terminate_backend(pid))::int AS cut FROM unnest($1::int[]) AS pid',
    [pids],
  );
  return rows[0]?.cut ?? 0;
}

async function endOf(program: Program): Promise<number | null> {
  program.signal('SIGTERM');
  return await program.ended;
}
