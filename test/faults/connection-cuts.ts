import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { accessToken } from './caller.ts';
import { outcomeOf, formatDuration, settled } from './jobs.ts';
import { keyResults } from './keyed-jobs.ts';
import { PersistentLoad } from './persistent-load.ts';
import type { TestProcess } from '../harness/process/test-process.ts';
import type { Random } from '../harness/process/random.ts';
import type { ScenarioResult, ScenarioOptions, Scenario } from './scenario.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';

const cutEveryMs = 70;
/** A failover terminates all connections at once. */
const failoverEveryMs = 2500;
const cutsPerFailover = 50;

export const connectionCuts: Scenario = {
  description: 'database connections are terminated one by one and all at once, under load on an API and a worker',
  promise: 'Terminated database connections end no process and lose no write.',
  defaults: { jobs: 0, rounds: 1000 },
  short: { rounds: 20 },
  run,
};

async function run(cluster: TestCluster, { rounds, random }: ScenarioOptions): Promise<ScenarioResult> {
  const programs = [cluster.api(), cluster.worker()] as const;
  const [url] = await Promise.all(programs.map(async (program) => await program.ready()));
  const load = new PersistentLoad(url ?? '', await accessToken(url ?? '', cluster.pool, { role: 'admin' }), random);
  const running = load.run();
  const single = await cutOneByOne(cluster.pool, rounds, { random, isNeeded: () => programs.every(isRunning) });
  const failovers = Math.ceil(rounds / cutsPerFailover);
  const atOnce = await cutAllAtOnce(cluster.pool, failovers, () => programs.every(isRunning));
  load.stop();
  await running;
  const startedAt = performance.now();
  const finished = await settled(cluster.pool, 180_000);
  const outcome = await outcomeOf(cluster.pool, load.jobIds, finished);
  const keyed = await keyResults(cluster.pool, load.keys);
  const codes = await Promise.all(programs.map(async (program) => await endOf(program)));
  return {
    figures: {
      'connections terminated one by one': single,
      failovers,
      'connections terminated by failovers': atOnce,
      requests: load.requests,
      ...load.figures,
      ...keyed.figures,
      jobs: outcome.history.jobs,
      'jobs lost': outcome.figures.lost,
      'jobs doubled': outcome.figures.doubled,
      'attempts spent': outcome.history.attempts,
      'jobs finished after the last failover': formatDuration(performance.now() - startedAt),
      'exit codes': codes.join(', '),
    },
    failures: [
      ...outcome.violations,
      ...load.violations,
      ...(single === rounds ? [] : ['a process ended before all connections were terminated']),
      ...keyed.violations,
      ...(codes.every((code) => code === 0) ? [] : ['a process did not exit with 0']),
    ],
  };
}

function isRunning(program: TestProcess): boolean {
  return program.running;
}

/**
 * Terminates the service's connections one after another. Returns how many: fewer than `cuts` when a process has ended.
 */
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

/** Backend pids of the service's connections; those of the scenario have no application name. */
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

async function endOf(program: TestProcess): Promise<number | null> {
  program.signal('SIGTERM');
  return await program.ended;
}
