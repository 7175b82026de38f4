import { afterAll, describe, expect, it } from '@jest/globals';
import { createApp } from '../../../src/app.setup.ts';
import { Dispatcher } from '../../../src/platform/queue/dispatch/dispatcher.ts';
import { JobQueue } from '../../../src/platform/queue/job-queue.ts';
import { SharedRedis } from '../../../src/platform/redis/shared-redis.ts';
import { startApp, testConfig } from '../../harness/app/app.ts';
import { ExampleJobsModule } from '../../harness/app/example-jobs.ts';
import { shortQueueTimings } from '../../harness/app/queue-timings.ts';
import { EffectJob, effectsTable, TestJobsModule } from '../../harness/app/test-jobs.ts';
import { JobTables } from '../../harness/database/job-tables.ts';
import { createJob } from '../../harness/http/job-calls.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';
import { RedisServer } from '../../harness/redis/redis-server.ts';

/*
 * Not in `npm test`: the first test failed in two of five runs of the whole suite, and the cause is not known. The scenarios
 * redis-stop, redis-flush and redis-failover do the same with processes of their own.
 */
const redis = await RedisServer.start();
const features = [ExampleJobsModule, TestJobsModule, shortQueueTimings()];
const { app, api, factory, database } = await startApp({ REDIS_URL: redis.url }, features);
await database.pool.query(effectsTable);
const jobs = new JobTables(database);
const queue = app.get(JobQueue);
const asAdmin = api.as(await factory.admin());

afterAll(async () => {
  await redis.stop();
});

async function enqueue(count: number, takesMs = 0): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) ids.push(await queue.enqueue(EffectJob, { key: `${n}`, takesMs }));
  return ids;
}

/** Waits until all jobs have succeeded, and returns the numbers of their effects. */
async function effects(ids: readonly string[]): Promise<Set<number>> {
  for (const id of ids) await jobs.reach(id, 'succeeded', 60_000);
  return new Set(await Promise.all(ids.map(async (id) => await jobs.effects(id))));
}

async function lost(): Promise<void> {
  await waitUntil('the loss is noticed', () => app.get(SharedRedis).connection?.isAvailable === false);
}

describe('Jobs with Redis', () => {
  it('do not delay the shutdown of a process while Redis is stopped', async () => {
    const config = testConfig({ DATABASE_URL: database.url, REDIS_URL: redis.url });
    const other = await (await createApp(config, features)).init();
    other.get(Dispatcher).begin();
    const ids = await enqueue(3, 300);
    await redis.stop();
    await lost();

    await other.close();
    await redis.startAgain();

    expect(await effects(ids)).toEqual(new Set([1]));
  });

  it('are accepted while Redis is stopped, and start when it is back without data', async () => {
    const before = await enqueue(3, 200);
    await redis.stop();
    await lost();

    const during = [await createJob(asAdmin, { type: 'test.steps', payload: { steps: 0 } })];
    const enqueued = await enqueue(3);
    await redis.startAgain();

    expect(await effects([...before, ...enqueued])).toEqual(new Set([1]));
    for (const id of during) await jobs.reach(id, 'succeeded');
  });

  it('run once after all data of Redis was deleted', async () => {
    const ids = await enqueue(30, 50);
    await redis.flush();

    expect(await effects(ids)).toEqual(new Set([1]));
  });

  it('run once after Redis was suspended', async () => {
    const ids = await enqueue(3, 50);
    const resume = redis.suspend();
    ids.push(...(await enqueue(3)));
    await lost();
    resume();

    expect(await effects(ids)).toEqual(new Set([1]));
  });

  it('are executed by a process that was started while Redis was stopped', async () => {
    await redis.stop();
    const config = testConfig({ DATABASE_URL: database.url, REDIS_URL: redis.url });
    const other = await (await createApp(config, features)).init();
    other.get(Dispatcher).begin();
    const ids = await enqueue(3);
    await redis.startAgain();
    await waitUntil('it is connected', () => other.get(SharedRedis).connection?.isAvailable);

    expect(await effects(ids)).toEqual(new Set([1]));
    await other.close();
  });
});
