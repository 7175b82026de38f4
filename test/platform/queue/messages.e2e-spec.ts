import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { createApp } from '../../../src/app.setup.ts';
import { parseConfig } from '../../../src/platform/config/config.ts';
import { MessageClaimsRepository } from '../../../src/platform/queue/dispatch/bullmq/message-claims.repository.ts';
import { JobQueue } from '../../../src/platform/queue/job-queue.ts';
import { JobsRepository } from '../../../src/platform/queue/jobs.repository.ts';
import { Dispatcher } from '../../../src/platform/queue/dispatch/dispatcher.ts';
import { startApp } from '../../harness/app/app.ts';
import { testEnvironment } from '../../harness/app/environment.ts';
import { JobTables } from '../../harness/database/job-tables.ts';
import { EffectJob, effectsTable, TestJobsModule } from '../../harness/app/test-jobs.ts';

const { app, database } = await startApp({}, [TestJobsModule]);
/** An instance that publishes messages and executes no jobs. */
const sender = await startApp({ WORKER: 'off' }, [TestJobsModule]);
const claims = app.get(MessageClaimsRepository);
const jobs = new JobTables(database);

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

  it('whose claim takes over an abandoned job is marked as a takeover', async () => {
    const [takenOver, fresh] = [await storePublished(1, abandoned), await storePublished(1)];

    expect(await claims.claim({ jobId: takenOver, deliveryNo: 1 }, randomUUID())).toMatchObject({
      attempt: 2,
      isTakeover: true,
    });
    expect(await claims.claim({ jobId: fresh, deliveryNo: 1 }, randomUUID())).toMatchObject({
      attempt: 1,
      isTakeover: false,
    });
  });
});

describe('A job with a lower priority number', () => {
  it('runs before jobs of its queue whose messages were sent earlier', async () => {
    const queue = sender.app.get(JobQueue);
    const others = new JobTables(sender.database);
    await sender.database.pool.query(effectsTable);
    const isPublished = async (id: string): Promise<boolean> => (await others.messages(id)) === 1;
    const enqueue = async (priority: number): Promise<string> => {
      const id = await queue.enqueue(EffectJob, { key: `${priority}` }, { priority });
      await others.until(async () => await isPublished(id));
      return id;
    };
    const waiting = [await enqueue(0), await enqueue(0), await enqueue(100)];
    const urgent = [await enqueue(-1), await enqueue(-100)];

    const one = { ...testEnvironment, DATABASE_URL: sender.database.url, WORKER_CONCURRENCY: '1' };
    const worker = await (await createApp(parseConfig(one), [TestJobsModule])).init();
    worker.get(Dispatcher).begin();
    for (const id of [...waiting, ...urgent]) await others.reach(id, 'succeeded');
    await worker.close();

    const { rows } = await sender.database.pool.query<{ key: string }>('SELECT key FROM test_effects ORDER BY at');
    expect(rows.map(({ key }) => key)).toEqual(['-100', '-1', '0', '0', '100']);
  });
});
