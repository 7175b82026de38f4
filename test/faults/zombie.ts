import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { enqueue, outcomeOf, settled } from './jobs.ts';
import type { TestProcess } from '../harness/process/test-process.ts';
import type { ScenarioResult, ScenarioOptions, Scenario } from './scenario.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';

/** Time limit for a zombie to log that it has lost its lease. */
const noticeMs = 30_000;

export const zombie: Scenario = {
  description: 'workers are suspended during jobs until other workers have finished them, and are then resumed',
  promise: 'A worker that was suspended for longer than its lease writes nothing afterwards.',
  defaults: { jobs: 15, rounds: 3 },
  short: { jobs: 4, rounds: 1 },
  run,
};

async function run(cluster: TestCluster, { jobs, rounds, random }: ScenarioOptions): Promise<ScenarioResult> {
  const url = await cluster.api().ready();
  const zombies = Array.from({ length: rounds }, () => cluster.worker());
  await Promise.all(zombies.map(async (worker) => await worker.ready()));
  const enqueued: string[] = [];
  // Some are suspended before their transaction, some in it, some close to its end.
  while (enqueued.length < jobs) {
    const times = { prepareMs: random.between(200, 3000), runMs: random.between(1000, 3000) };
    enqueued.push(await enqueue(url, { key: `job ${enqueued.length}`, ...times }));
  }
  await delay(random.between(1200, 1800));
  for (const worker of zombies) worker.signal('SIGSTOP');
  const interrupted = await runningJobs(cluster.pool);
  await cluster.worker().ready();
  const finished = await settled(cluster.pool, 60_000);
  for (const worker of zombies) worker.signal('SIGCONT');
  const end = Date.now() + noticeMs;
  while (jobsWithLostLease(zombies).size < interrupted.length && Date.now() < end) await delay(100);
  const rolledBack = jobsWithLostLease(zombies);
  const outcome = await outcomeOf(cluster.pool, enqueued, finished);
  const unreported = interrupted.filter((id) => !rolledBack.has(id));
  return {
    figures: {
      zombies: zombies.length,
      jobs: enqueued.length,
      'jobs of zombies': interrupted.length,
      'zombie attempts that ended with "lease lost"': rolledBack.size,
      ...outcome.figures,
    },
    failures: [
      ...outcome.violations,
      ...(interrupted.length < zombies.length ? ['a worker was not suspended during a job'] : []),
      ...(unreported.length > 0 ? [`${unreported.length} zombie attempts were not logged as "lease lost"`] : []),
    ],
  };
}

async function runningJobs(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(`SELECT id FROM jobs WHERE state = 'running'`);
  return rows.map(({ id }) => id);
}

/** Jobs that these processes logged as "lease lost". */
function jobsWithLostLease(programs: readonly TestProcess[]): ReadonlySet<string> {
  const lines = programs.flatMap((program) => program.log().split('\n'));
  const lost = lines.filter((line) => line.includes('"outcome":"lease lost"'));
  return new Set(lost.map((line) => /"jobId":"([^"]+)"/.exec(line)?.[1] ?? ''));
}
