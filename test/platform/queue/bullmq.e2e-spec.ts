import { beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { TransactionHost } from '@nestjs-cls/transactional';
import { createApp } from '../../../src/app.setup.ts';
import { MessageClaimsRepository } from '../../../src/platform/queue/dispatch/bullmq/message-claims.repository.ts';
import { Transport } from '../../../src/platform/queue/dispatch/bullmq/transport.ts';
import { JobQueue } from '../../../src/platform/queue/job-queue.ts';
import { JobsRepository } from '../../../src/platform/queue/jobs.repository.ts';
import { Dispatcher } from '../../../src/platform/queue/dispatch/dispatcher.ts';
import { testConfig } from '../../harness/app/app.ts';
import { shortQueueTimings } from '../../harness/app/queue-timings.ts';
import { createDatabase } from '../../harness/database/database.ts';
import { onTeardown } from '../../harness/process/service-process.ts';
import { JobTables } from '../../harness/database/job-tables.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';
import { RedisServer } from '../../harness/redis/redis-server.ts';
import { EffectJob, effectsTable, NarrowJob, TestJobsModule } from '../../harness/app/test-jobs.ts';
import { testDispatcher } from './dispatcher-tests.ts';

const redis = await RedisServer.start();
onTeardown(async () => {
  await redis.stop();
});
const database = await createDatabase();
onTeardown(database.drop);
await database.pool.query(effectsTable);

/** A message that is checked while a worker fetches it may be sent again, after the others. */
const rareChecks = shortQueueTimings({ unclaimedCheckMs: 5000 });

async function start(
  variables: Readonly<Record<string, string>>,
  timings = rareChecks,
): Promise<NestFastifyApplication> {
  const config = testConfig({ DATABASE_URL: database.url, REDIS_URL: redis.url, ...variables });
  return await (await createApp(config, [TestJobsModule, timings])).init();
}

/** An instance that publishes messages and executes no jobs. */
const app = await start({ WORKER: 'off' });
onTeardown(async () => {
  await app.close();
});
await database.pool.query('UPDATE job_schedules SET paused_at = now()');
const claims = app.get(MessageClaimsRepository, { strict: false });
const queue = app.get(JobQueue);
const jobs = new JobTables(database);

/** Runs `work` while another instance executes jobs. */
async function withWorker(work: () => Promise<void>, concurrency: number): Promise<void> {
  const worker = await start({ WORKER_CONCURRENCY: String(concurrency) });
  worker.get(Dispatcher).begin();
  try {
    await work();
  } finally {
    await worker.close();
  }
}

/** How many messages of this job BullMQ holds. */
async function messages(id: string): Promise<number> {
  return await redis.run(async (client) => (await client.keys(`{plinth}:*:${id}.*`)).length);
}

async function sum(counts: readonly Promise<number>[]): Promise<number> {
  return (await Promise.all(counts)).reduce((total, count) => total + count, 0);
}

/** Stores a job whose message with this number is published, and which no relay checks during the test. */
async function storePublished(deliveryNo: number, change = 'attempts = 0'): Promise<string> {
  const id = randomUUID();
  await database.pool.query(
    `INSERT INTO jobs (id, type, queue, payload, state, delivery, delivery_no, next_delivery_at, max_attempts, run_at)
     VALUES ($1, 'test.effect', 'default', '{"key": "x"}', 'queued', 'published', $2, now() + interval '1 day', 5, now())`,
    [id, deliveryNo],
  );
  await database.pool.query(`UPDATE jobs SET ${change} WHERE id = $1`, [id]);
  return id;
}

const abandoned = `state = 'running', attempts = 1, lease = gen_random_uuid(), lease_expires_at = now() - interval '1 s'`;

describe('A message', () => {
  it('is retried later while the relay that sent it has not committed', async () => {
    expect(await claims.diagnoseClaimFailure({ jobId: await storePublished(1), deliveryNo: 2 })).toBe('retry-later');
  });

  it('is stale when the relay never committed and the job has ended in the meantime', async () => {
    const jobId = await storePublished(1);
    await app.get(JobsRepository).cancel(jobId);

    expect(await claims.diagnoseClaimFailure({ jobId, deliveryNo: 2 })).toBe('stale');
  });

  it('is stale when its job was deleted', async () => {
    expect(await claims.diagnoseClaimFailure({ jobId: randomUUID(), deliveryNo: 1 })).toBe('stale');
  });

  it('is stale when a newer message was sent', async () => {
    expect(await claims.diagnoseClaimFailure({ jobId: await storePublished(3), deliveryNo: 2 })).toBe('stale');
  });

  it.each([
    [1, undefined],
    [2, 'abandoned'],
    [3, undefined],
  ])('with number %i ends only the job of which it is the latest message', async (deliveryNo, expected) => {
    const jobId = await storePublished(2, abandoned);

    const ended = await claims.end({ jobId, deliveryNo }, { state: 'dead', error: { name: 'A', message: 'b' } });

    expect(ended === undefined).toBe(expected === undefined);
    expect(await jobs.find(jobId)).toMatchObject({ state: expected === undefined ? 'running' : 'dead' });
  });

  it('that is delivered twice at the same time is claimed once', async () => {
    const [other, twice] = [await storePublished(1), await storePublished(2)];

    // The first claim is sent at once, the others together.
    const first = claims.claim({ jobId: other, deliveryNo: 1 });
    const together = await Promise.all(
      [2, 2, 1].map(async (deliveryNo) => await claims.claim({ jobId: twice, deliveryNo })),
    );

    expect(await first).toMatchObject({ jobId: other });
    expect(together).toEqual([expect.objectContaining({ jobId: twice, attempt: 1 }), undefined, undefined]);
    expect(await jobs.find(twice)).toMatchObject({ attempts: 1 });
  });

  it('of a type that only a newer build knows is returned by a worker without using an attempt', async () => {
    const type = 'test.unknown';
    const jobId = await storePublished(1, `type = '${type}'`);
    await app.get(Transport, { strict: false }).send('default', [{ jobId, deliveryNo: 1, type, priority: 0 }]);

    await withWorker(async () => {
      await jobs.until(async () => (await jobs.find(jobId))?.['delivery'] === 'delayed');
    }, 1);

    expect(await jobs.find(jobId)).toMatchObject({ state: 'queued', attempts: 0 });
  });

  it('whose claim takes over an abandoned job is marked as a takeover', async () => {
    const [takenOver, fresh] = [await storePublished(1, abandoned), await storePublished(1)];

    expect(await claims.claim({ jobId: takenOver, deliveryNo: 1 })).toMatchObject({
      attempt: 2,
      isTakeover: true,
    });
    expect(await claims.claim({ jobId: fresh, deliveryNo: 1 })).toMatchObject({
      attempt: 1,
      isTakeover: false,
    });
  });
});

describe('Jobs with BullMQ', () => {
  // Messages that are never executed would keep the relay from sending more.
  beforeAll(async () => {
    await database.pool.query('DELETE FROM jobs');
  });

  it('run before jobs of their queue whose messages were sent earlier, when their priority number is lower', async () => {
    const enqueue = async (priority: number): Promise<string> => {
      const id = await queue.enqueue(EffectJob, { key: `${priority}` }, { priority });
      await jobs.until(async () => (await messages(id)) === 1);
      return id;
    };
    // More are not sent while no worker runs.
    const waiting = [await enqueue(0), await enqueue(100)];
    const urgent = [await enqueue(-1), await enqueue(-100)];

    await withWorker(async () => {
      for (const id of [...waiting, ...urgent]) await jobs.reach(id, 'succeeded');
    }, 1);

    const { rows } = await database.pool.query<{ key: string }>('SELECT key FROM test_effects ORDER BY at');
    expect(rows.map(({ key }) => key)).toEqual(['-100', '-1', '0', '100']);
  });

  it('get new messages when the queue has lost all of them', async () => {
    const ids = await Promise.all(
      Array.from({ length: 30 }, async (_, at) => await queue.enqueue(EffectJob, { key: `f${at}`, takesMs: 50 })),
    );
    await jobs.until(async () => (await sum(ids.map(messages))) >= 4);
    await redis.flush();

    await withWorker(async () => {
      for (const id of ids) await jobs.reach(id, 'succeeded');
    }, 5);

    for (const id of ids) expect(await jobs.effects(id)).toBe(1);
    expect(await messages(ids[0] ?? '')).toBe(0);
  });

  it('are sent although the queue has lost as many messages as may wait', async () => {
    const other = await createDatabase();
    const sender = await start(
      { DATABASE_URL: other.url, REDIS_URL: `${redis.url}/2`, WORKER: 'off' },
      shortQueueTimings({ unclaimedCheckMs: 600_000 }),
    );
    const [otherJobs, otherQueue] = [new JobTables(other), sender.get(JobQueue)];
    const sent = async (): Promise<number> =>
      await redis.run(async (client) => (await client.keys('{plinth}:*.1')).length, 2);
    await Promise.all(Array.from({ length: 30 }, async () => await otherQueue.enqueue(EffectJob, { key: 'a' })));
    await otherJobs.until(async () => (await sent()) >= 4);
    await redis.flush();

    await otherQueue.enqueue(EffectJob, { key: 'b' });

    await otherJobs.until(async () => (await sent()) >= 4);
    await sender.close();
    await other.drop();
  });

  it('are sent while as many messages as may wait are retried later, because their relay never committed', async () => {
    const other = await createDatabase();
    await other.pool.query(effectsTable);
    const worker = await start({ DATABASE_URL: other.url, REDIS_URL: `${redis.url}/4` }, shortQueueTimings());
    const { rows } = await other.pool.query<{ jobId: string }>(
      `INSERT INTO jobs (id, type, queue, payload, state, delivery, max_attempts, run_at)
       SELECT gen_random_uuid(), 'test.effect', 'default', '{"key": "sent before"}', 'queued', 'pending', 5, now()
       FROM generate_series(1, 100) RETURNING id AS "jobId"`,
    );
    await worker.get(Transport).send(
      'default',
      rows.map(({ jobId }) => ({ jobId, deliveryNo: 1, type: 'test.effect', priority: 0 })),
    );
    worker.get(Dispatcher).begin();
    const retried = async (): Promise<number> =>
      await redis.run(async (client) => await client.zcard('{plinth}:default:delayed'), 4);
    await waitUntil('more messages than may wait are retried later', async () => (await retried()) >= 50);

    const notifying = await worker.get(JobQueue).enqueue(EffectJob, { key: 'a' });

    const otherJobs = new JobTables(other);
    for (const id of [...rows.map(({ jobId }) => jobId), notifying]) await otherJobs.reach(id, 'succeeded');
    await worker.close();
    await other.drop();
  });

  it('of a type with a limit start when those before them have ended, without a poll', async () => {
    const other = await createDatabase();
    const rarePolls = shortQueueTimings({ outboxPollIntervalMs: 600_000 });
    const worker = await start({ DATABASE_URL: other.url, REDIS_URL: `${redis.url}/1` }, rarePolls);
    worker.get(Dispatcher).begin();
    const ids: string[] = [];
    for (let n = 0; n < 6; n += 1) ids.push(await worker.get(JobQueue).enqueue(NarrowJob, { key: `${n}` }));

    const otherJobs = new JobTables(other);
    for (const id of ids) await otherJobs.reach(id, 'succeeded');

    await worker.close();
    await other.drop();
  });

  it('of a backlog are sent as workers claim those before them, without a poll', async () => {
    const other = await createDatabase();
    await other.pool.query(effectsTable);
    const rarePolls = shortQueueTimings({ outboxPollIntervalMs: 600_000 });
    const worker = await start({ DATABASE_URL: other.url, REDIS_URL: `${redis.url}/3` }, rarePolls);
    worker.get(Dispatcher).begin();
    const payloads = Array.from({ length: 60 }, (_, at) => ({ key: `${at}` }));

    const ids = await worker
      .get(TransactionHost)
      .withTransaction(async () => await worker.get(JobQueue).enqueueAll(EffectJob, payloads));

    const otherJobs = new JobTables(other);
    for (const id of ids) await otherJobs.reach(id, 'succeeded');
    await worker.close();
    await other.drop();
  });

  it('of a backlog that take long wait in the table, except for two messages for each running job', async () => {
    const payloads = Array.from({ length: 40 }, (_, at) => ({ key: `${at}`, takesMs: 600 }));
    await app.get(TransactionHost).withTransaction(async () => {
      await queue.enqueueAll(EffectJob, payloads);
    });

    await withWorker(async () => {
      let most = 0;
      await waitUntil('some jobs have succeeded', async () => {
        const { rows } = await database.pool.query<{ waiting: number; ended: number }>(
          `SELECT count(*) FILTER (WHERE delivery = 'published' AND state = 'queued')::int AS waiting,
             count(*) FILTER (WHERE state = 'succeeded')::int AS ended FROM jobs`,
        );
        most = Math.max(most, rows[0]?.waiting ?? 0);
        return (rows[0]?.ended ?? 0) >= 9;
      });
      // Two for each of three, and those that the three workers have received and not claimed yet.
      expect(most).toBeLessThanOrEqual(9);
    }, 3);
    await database.pool.query('DELETE FROM jobs');
    await redis.flush();
  });

  it('of a backlog stay in the table until workers are about to begin them', async () => {
    await database.pool.query(
      `INSERT INTO jobs (id, type, queue, payload, state, delivery, next_delivery_at, max_attempts, run_at)
       SELECT gen_random_uuid(), 'test.effect', 'default', '{"key": "many"}', 'queued', 'pending', now(), 5, now()
       FROM generate_series(1, 1500)`,
    );
    const published = async (): Promise<number | undefined> => {
      const { rows } = await database.pool.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM jobs WHERE delivery = 'published' AND payload ->> 'key' = 'many'`,
      );
      return rows[0]?.count;
    };

    await jobs.until(async () => ((await published()) ?? 0) > 0);
    await queue.enqueue(EffectJob, { key: 'one more' });

    expect(await published()).toBeLessThanOrEqual(100);
    await database.pool.query('DELETE FROM jobs');
  });
});

testDispatcher({ app, database, withWorker });
