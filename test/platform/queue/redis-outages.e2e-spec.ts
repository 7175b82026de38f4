import { describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../../../src/app.setup.ts';
import { Dispatcher } from '../../../src/platform/queue/dispatch/dispatcher.ts';
import { JobQueue } from '../../../src/platform/queue/job-queue.ts';
import { SharedRedis } from '../../../src/platform/redis/shared-redis.ts';
import { testConfig } from '../../harness/app/app.ts';
import { ExampleJobsModule } from '../../harness/app/example-jobs.ts';
import { shortQueueTimings } from '../../harness/app/queue-timings.ts';
import { EffectJob, effectsTable, TestJobsModule } from '../../harness/app/test-jobs.ts';
import { createDatabase } from '../../harness/database/database.ts';
import { Factory } from '../../harness/database/factory.ts';
import { JobTables } from '../../harness/database/job-tables.ts';
import { Api } from '../../harness/http/api.ts';
import { createJob } from '../../harness/http/job-calls.ts';
import { onTeardown } from '../../harness/process/service-process.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';
import { RedisServer } from '../../harness/redis/redis-server.ts';

const redis = await RedisServer.start();
onTeardown(async () => {
  await redis.stop();
});
const database = await createDatabase();
onTeardown(database.drop);
await database.pool.query(effectsTable);
const jobs = new JobTables(database);
const admin = await new Factory(database).admin();

/** The newest process. `@Transactional()` uses the application that was created last: older ones are closed before it. */
let current = await start();
onTeardown(async () => {
  await current.close();
});

async function start(): Promise<NestFastifyApplication> {
  const config = testConfig({ DATABASE_URL: database.url, REDIS_URL: redis.url });
  const app = await createApp(config, [ExampleJobsModule, TestJobsModule, shortQueueTimings()]);
  await app.listen(0, '127.0.0.1');
  app.get(Dispatcher).begin();
  return app;
}

async function enqueue(count: number, takesMs = 0): Promise<string[]> {
  const queue = current.get(JobQueue);
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) ids.push(await queue.enqueue(EffectJob, { key: `${n}`, takesMs }));
  return ids;
}

/** Waits until all jobs have succeeded, and returns the numbers of their effects. */
async function effects(ids: readonly string[]): Promise<Set<number>> {
  for (const id of ids) await jobs.reach(id, 'succeeded', 60_000);
  return new Set(await Promise.all(ids.map(async (id) => await jobs.effects(id))));
}

async function reaches(isAvailable: boolean): Promise<void> {
  const { connection } = current.get(SharedRedis);
  await waitUntil(`Redis is ${isAvailable ? '' : 'un'}available`, () => connection?.isAvailable === isAvailable);
}

describe('Jobs with Redis', () => {
  it('do not delay the shutdown of a process while Redis is stopped', async () => {
    const ids = await enqueue(3, 300);
    const previous = current;
    current = await start();
    await redis.stop();
    await reaches(false);

    await previous.close();
    await redis.startAgain();

    expect(await effects(ids)).toEqual(new Set([1]));
  });

  it('are accepted while Redis is stopped, and start when it is back without data', async () => {
    const before = await enqueue(3, 200);
    await redis.stop();
    await reaches(false);

    const asAdmin = new Api(await current.getUrl()).as(admin);
    const during = await createJob(asAdmin, { type: 'test.steps', payload: { steps: 0 } });
    const enqueued = await enqueue(3);
    await redis.startAgain();

    expect(await effects([...before, ...enqueued])).toEqual(new Set([1]));
    await jobs.reach(during, 'succeeded');
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
    await reaches(false);
    resume();

    expect(await effects(ids)).toEqual(new Set([1]));
  });

  it('are executed by a process that was started while Redis was stopped', async () => {
    await redis.stop();
    const previous = current;
    current = await start();
    await previous.close();
    const ids = await enqueue(3);
    await redis.startAgain();
    await reaches(true);

    expect(await effects(ids)).toEqual(new Set([1]));
  });
});
