import type { Pool } from 'pg';
import { violations, enqueue, missingJobs, formatDuration, readHistory, settled } from './jobs.ts';
import type { ScenarioResult, ScenarioOptions, Scenario } from './scenario.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

const attemptsMax = 5;

export const poison: Scenario = {
  description: 'a handler that ends its process in every attempt',
  promise: 'A job that always ends its process is given up, and delays no other job.',
  defaults: { jobs: 200, rounds: 1 },
  short: { jobs: 20 },
  run,
};

async function run(cluster: TestCluster, { jobs, rounds, random }: ScenarioOptions): Promise<ScenarioResult> {
  const url = await cluster.api().ready();
  const workers = new ReplacedWorkers(cluster);
  await workers.start(2);
  const startedAt = performance.now();
  const enqueued: string[] = [];
  const poisoned: string[] = [];
  while (enqueued.length < jobs) {
    const times = { prepareMs: random.between(0, 400), runMs: random.between(0, 200) };
    // Jobs in the same process lose an attempt each time, so these have more attempts.
    enqueued.push(await enqueue(url, { key: `job ${enqueued.length}`, ...times }));
    if (poisoned.length < rounds) {
      poisoned.push(await enqueue(url, { key: `poison ${poisoned.length}`, fault: 'exit' }, 'ordinary-effects'));
    }
  }
  const othersMs = await waitUntil(
    'all other jobs have succeeded',
    async () => ((await missingJobs(cluster.pool, enqueued)) === 0 ? performance.now() - startedAt : undefined),
    150_000,
  ).catch(() => undefined);
  await settled(cluster.pool, 150_000);
  workers.stop();
  const dead = await deadOf(cluster.pool, poisoned);
  const history = await readHistory(cluster.pool);
  const lostJobs = await missingJobs(cluster.pool, enqueued);
  return {
    figures: {
      'poisoned jobs': poisoned.length,
      'dead after their attempts': dead.count,
      'attempts of a poisoned job': dead.attempts,
      'dead after': formatDuration(dead.longestMs),
      'processes lost': workers.lost,
      'other jobs': enqueued.length,
      'effects of others': history.effects,
      'others lost': lostJobs,
      'others finished after': othersMs === undefined ? 'never' : formatDuration(othersMs),
      doubled: history.doubled,
    },
    failures: [
      ...violations(history, lostJobs),
      ...(dead.count < poisoned.length ? ['a poisoned job is not dead'] : []),
      ...(dead.attempts === attemptsMax
        ? []
        : [`a poisoned job had ${dead.attempts} attempts instead of ${attemptsMax}`]),
    ],
  };
}

/** Workers that are replaced when they end. */
class ReplacedWorkers {
  lost = 0;
  private stopped = false;

  constructor(private readonly cluster: TestCluster) {}

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
    const worker = this.cluster.worker();
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
