import { setTimeout as delay } from 'node:timers/promises';
import type { TestCluster } from '../harness/process/test-cluster.ts';
import { waitUntil } from '../harness/process/wait-until.ts';
import { accessToken } from './caller.ts';
import { formatDuration, outcomeOf, settled } from './jobs.ts';
import { keyResults } from './keyed-jobs.ts';
import { PersistentLoad } from './persistent-load.ts';
import type { Scenario, ScenarioOptions, ScenarioResult } from './scenario.ts';

const notReadyMaxMs = 1000;
const readyMaxMs = 2000;

export const postgresStop: Scenario = {
  description: 'PostgreSQL is stopped at once under load on an API and a worker, and starts again',
  promise:
    'When PostgreSQL stops, the service is not ready within 1 s, and ready within 2 s of its return, without a restart or a lost write.',
  defaults: { jobs: 0, rounds: 10 },
  short: { rounds: 2 },
  stopsPostgres: true,
  run,
};

async function run(cluster: TestCluster, { rounds, random }: ScenarioOptions): Promise<ScenarioResult> {
  const programs = [cluster.api(), cluster.worker()] as const;
  const [url = ''] = await Promise.all(programs.map(async (program) => await program.ready()));
  const load = new PersistentLoad(url, await accessToken(url, cluster.pool, { role: 'admin' }), random);
  const running = load.run();
  let notReadyMs = 0;
  let readyMs = 0;
  for (let round = 0; round < rounds; round += 1) {
    await delay(random.between(500, 2000));
    const stoppedAt = performance.now();
    await cluster.postgres.stopImmediately();
    await readiness(url, 503);
    notReadyMs = Math.max(notReadyMs, performance.now() - stoppedAt);
    await delay(random.between(0, 4000));
    await cluster.postgres.startAgain();
    const returnedAt = performance.now();
    await readiness(url, 200);
    readyMs = Math.max(readyMs, performance.now() - returnedAt);
  }
  load.stop();
  await running;
  const outcome = await outcomeOf(cluster.pool, load.jobIds, await settled(cluster.pool, 180_000));
  const keyed = await keyResults(cluster.pool, load.keys);
  const ended = programs.filter(({ running: isUp }) => !isUp).length;
  for (const program of programs) program.signal('SIGTERM');
  const codes = await Promise.all(programs.map(async (program) => await program.ended));
  return {
    figures: {
      stops: rounds,
      requests: load.requests,
      ...load.figures,
      ...keyed.figures,
      'jobs lost': outcome.figures.lost,
      'jobs doubled': outcome.figures.doubled,
      'longest time to not ready': formatDuration(notReadyMs),
      'longest time to ready': formatDuration(readyMs),
      'processes that ended': ended,
      'exit codes': codes.join(', '),
    },
    failures: [
      ...outcome.violations,
      ...load.violations,
      ...keyed.violations,
      ...(ended === 0 && codes.every((code) => code === 0) ? [] : ['a process ended, or did not exit with 0']),
    ],
    timingFailures: [
      ...(notReadyMs <= notReadyMaxMs ? [] : [`/readyz returned 503 after ${formatDuration(notReadyMs)}`]),
      ...(readyMs <= readyMaxMs ? [] : [`/readyz returned 200 after ${formatDuration(readyMs)}`]),
    ],
  };
}

async function readiness(url: string, expected: number): Promise<void> {
  await waitUntil(`/readyz returns ${expected}`, async () => (await fetch(`${url}/readyz`)).status === expected);
}
