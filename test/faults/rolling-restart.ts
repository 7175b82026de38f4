import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { Balancer } from '../harness/http/balancer.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';
import type { TestProcess } from '../harness/process/test-process.ts';
import { waitUntil } from '../harness/process/wait-until.ts';
import { accessToken } from './caller.ts';
import { KeepAliveLoad } from './keep-alive-load.ts';
import type { Scenario, ScenarioOptions, ScenarioResult } from './scenario.ts';

/** How often the balancer reads /readyz of each instance. */
const checkEveryMs = 100;
/** The time in which the balancer has to notice that an instance drains. */
const drainMs = 1000;

interface Instance {
  readonly program: TestProcess;
  readonly url: URL;
}

export const rollingRestart: Scenario = {
  description: 'two API processes behind a balancer are restarted in turn, by SIGTERM, under load with keep-alive',
  promise: 'Replacing one process after another fails no request.',
  defaults: { jobs: 0, rounds: 20, requests: 100_000 },
  short: { rounds: 2, requests: 1000 },
  run,
};

async function run(cluster: TestCluster, { rounds, requests }: ScenarioOptions): Promise<ScenarioResult> {
  const start = async (): Promise<Instance> => await cluster.service({ SHUTDOWN_DRAIN_MS: String(drainMs) });
  const instances = [await start(), await start()];
  const balancer = await Balancer.start();
  const checks = new ReadinessChecks(balancer, instances);
  const checking = checks.run();
  await checks.areReady();
  const load = new KeepAliveLoad(balancer.url, await accessToken(balancer.url, cluster.pool, { role: 'admin' }));
  const running = load.run();
  const codes: (number | null)[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const at = round % instances.length;
    const stopped = instances[at];
    stopped?.program.signal('SIGTERM');
    codes.push((await stopped?.program.ended) ?? null);
    instances[at] = await start();
    await checks.areReady();
  }
  await waitUntil('all requests were sent', () => load.requests >= requests, 20 * 60_000);
  load.stop();
  await running;
  checks.stop();
  await checking;
  await balancer.close();
  const lost = await missingUsers(cluster.pool, load.created);
  return {
    figures: {
      restarts: rounds,
      requests: load.requests,
      failed: load.failures,
      'users created': load.created.length,
      'users lost': lost,
      'exit codes': [...new Set(codes)].join(', '),
    },
    failures: [
      ...load.violations,
      ...(lost === 0 ? [] : [`${lost} users were acknowledged and do not exist`]),
      ...(codes.every((code) => code === 0) ? [] : ['a process did not exit with 0']),
    ],
  };
}

/** How many of these users do not exist exactly once. */
async function missingUsers(pool: Pool, emails: readonly string[]): Promise<number> {
  const { rows } = await pool.query<{ found: number }>(
    'SELECT count(*)::int AS found FROM users WHERE email = ANY($1::text[])',
    [emails],
  );
  return emails.length - (rows[0]?.found ?? 0);
}

/** Passes new connections to those instances that are ready, as a load balancer does. */
class ReadinessChecks {
  private stopped = false;

  constructor(
    private readonly balancer: Balancer,
    private readonly instances: readonly Instance[],
  ) {}

  async run(): Promise<void> {
    while (!this.stopped) {
      const states = await Promise.all(this.instances.map(async ({ url }) => ((await isReady(url)) ? [url] : [])));
      this.balancer.targets = states.flat();
      await delay(checkEveryMs);
    }
  }

  stop(): void {
    this.stopped = true;
  }

  async areReady(): Promise<void> {
    await waitUntil('every instance is ready', () =>
      this.instances.every(({ url }) => this.balancer.targets.includes(url)),
    );
  }
}

async function isReady(url: URL): Promise<boolean> {
  return await fetch(new URL('/readyz', url)).then(
    ({ ok }) => ok,
    () => false,
  );
}
