import { setTimeout as delay } from 'node:timers/promises';
import type { TestCluster } from '../harness/process/test-cluster.ts';
import { waitUntil } from '../harness/process/wait-until.ts';
import type { RedisServer } from '../harness/redis/redis-server.ts';
import { enqueueAll, formatDuration, missingJobs, outcomeOf, settled } from './jobs.ts';
import type { Scenario, ScenarioOptions, ScenarioResult } from './scenario.ts';

/** Longest time from the return of Redis until a job that was enqueued during the outage has succeeded. */
const recoveryMaxMs = 20_000;

type Outage = (redis: RedisServer, enqueueSome: () => Promise<void>) => Promise<void>;

export const redisStop = scenario(
  'Redis is stopped under load, and started with the data of before',
  async (redis, enqueueSome) => {
    await redis.stop({ keepsData: true });
    await enqueueSome();
    await redis.startAgain();
  },
);

export const redisFlush = scenario('all data of Redis is deleted under load', async (redis, enqueueSome) => {
  await redis.flush();
  await enqueueSome();
});

export const redisFailover = scenario('Redis is replaced by an empty one under load', async (redis, enqueueSome) => {
  await redis.stop();
  await enqueueSome();
  await redis.startAgain();
});

function scenario(description: string, outage: Outage): Scenario {
  return {
    description,
    promise: 'Redis may stop or lose its data: writes succeed, and no job is lost or executed twice.',
    defaults: { jobs: 600, rounds: 6 },
    short: { jobs: 120, rounds: 3 },
    needsRedis: true,
    run: async (cluster, options) => await run(cluster, options, outage),
  };
}

async function run(
  cluster: TestCluster,
  { jobs, rounds, random }: ScenarioOptions,
  outage: Outage,
): Promise<ScenarioResult> {
  const { redis, pool } = cluster;
  if (redis === undefined) throw new Error('The scenario needs Redis');
  const url = await cluster.api().ready();
  await Promise.all([cluster.worker().ready(), cluster.worker().ready()]);
  const enqueued: string[] = [];
  const share = Math.ceil(jobs / rounds / 2);
  /** Throws when the API rejects a job. */
  const enqueueSome = async (): Promise<void> => {
    const payloads = Array.from({ length: share }, (_, at) => ({
      key: `job ${enqueued.length + at}`,
      prepareMs: random.between(0, 300),
      runMs: random.between(0, 50),
    }));
    enqueued.push(...(await enqueueAll(url, payloads)));
  };
  let longestMs = 0;
  for (let round = 0; round < rounds; round += 1) {
    await enqueueSome();
    await delay(random.between(50, 500));
    await outage(redis, enqueueSome);
    const returnedAt = performance.now();
    const last = enqueued.slice(-1);
    await waitUntil('the last job has succeeded', async () => (await missingJobs(pool, last)) === 0, 120_000);
    longestMs = Math.max(longestMs, performance.now() - returnedAt);
  }
  const outcome = await outcomeOf(pool, enqueued, await settled(pool, 120_000));
  return {
    figures: {
      outages: rounds,
      jobs: enqueued.length,
      ...outcome.figures,
      'longest recovery': formatDuration(longestMs),
    },
    failures: outcome.violations,
    timingFailures: longestMs > recoveryMaxMs ? [`a job succeeded after ${formatDuration(longestMs)}`] : [],
  };
}
