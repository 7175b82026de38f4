import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { enqueue, outcomeOf, settled } from './jobs.ts';
import type { Program } from './program.ts';
import type { Finding, Plan, Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

/** Zombies get this long to see that they have lost their leases. */
const noticeMs = 30_000;

export const zombie: Scenario = {
  about: 'workers are stopped in the middle of jobs until others have done them, and then go on',
  defaults: { jobs: 15, rounds: 3 },
  run: async (stage, plan) => await run(stage, plan),
};

async function run(stage: Stage, { jobs, rounds, random }: Plan): Promise<Finding> {
  const url = await stage.api().ready();
  const zombies = Array.from({ length: rounds }, () => stage.worker());
  await Promise.all(zombies.map(async (worker) => await worker.ready()));
  const promised: string[] = [];
  // Some are stopped before their transaction, some in it, some close to its end.
  while (promised.length < jobs) {
    const times = { prepareMs: random.between(200, 3000), runMs: random.between(1000, 3000) };
    promised.push(await enqueue(url, { key: `job ${promised.length}`, ...times }));
  }
  await delay(random.between(1200, 1800));
  for (const worker of zombies) worker.signal('SIGSTOP');
  const robbed = await runningJobs(stage.pool);
  await stage.worker().ready();
  const finished = await settled(stage.pool, 60_000);
  for (const worker of zombies) worker.signal('SIGCONT');
  const end = Date.now() + noticeMs;
  while (lostLeases(zombies).size < robbed.length && Date.now() < end) await delay(100);
  const rolledBack = lostLeases(zombies);
  const outcome = await outcomeOf(stage.pool, promised, finished);
  const silent = robbed.filter((id) => !rolledBack.has(id));
  return {
    figures: {
      zombies: zombies.length,
      jobs: promised.length,
      'jobs in the hands of a zombie': robbed.length,
      'zombie attempts that ended with "lease lost"': rolledBack.size,
      ...outcome.figures,
    },
    broken: [
      ...outcome.broken,
      ...(robbed.length < zombies.length ? ['the workers were not stopped in the middle of jobs'] : []),
      ...(silent.length > 0 ? [`${silent.length} zombie attempts were not logged as "lease lost"`] : []),
    ],
  };
}

async function runningJobs(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(`SELECT id FROM jobs WHERE state = 'running'`);
  return rows.map(({ id }) => id);
}

/** The jobs of whose attempts these processes say that they had lost the lease. */
function lostLeases(programs: readonly Program[]): ReadonlySet<string> {
  const lines = programs.flatMap((program) => program.log().split('\n'));
  const lost = lines.filter((line) => line.includes('"outcome":"lease lost"'));
  return new Set(lost.map((line) => /"jobId":"([^"]+)"/.exec(line)?.[1] ?? ''));
}
