import { afterEach, describe, expect, it } from '@jest/globals';
import { JobExecutor } from '../../src/platform/queue/execution/job-executor.ts';
import { JobQueue } from '../../src/platform/queue/job-queue.ts';
import { JobsRepository } from '../../src/platform/queue/jobs.repository.ts';
import { startApp } from '../harness/app/app.ts';
import { shortQueueTimings } from '../harness/app/queue-timings.ts';
import { JobTables } from '../harness/database/job-tables.ts';
import { EffectJob, effectsTable, TestJobsModule } from '../harness/app/test-jobs.ts';

// No heartbeat notices a cancellation during these tests.
const rareHeartbeats = shortQueueTimings({ heartbeatIntervalMs: 600_000, leaseSeconds: 600 });
const { app, database } = await startApp({}, [TestJobsModule, rareHeartbeats]);
await database.pool.query(effectsTable);
const queue = app.get(JobQueue);
const jobs = new JobTables(database);

/** A running job whose cancellation was requested. */
async function requestCancellation(payload: object): Promise<string> {
  const id = await queue.enqueue(EffectJob, { key: 'cancel me', ...payload });
  await jobs.reach(id, 'running');
  expect(await app.get(JobsRepository).cancel(id)).toBe('running');
  return id;
}

async function history(id: string): Promise<unknown[]> {
  const { rows } = await database.pool.query<{ kind: string; state: string }>(
    `SELECT kind, data ->> 'state' AS state FROM job_events WHERE job_id = $1 AND kind <> 'progress' ORDER BY seq`,
    [id],
  );
  return rows.map(({ kind, state }) => `${kind} ${state}`);
}

const cancelled = { state: 'cancelled', delivery: 'done', lease: null, next_delivery_at: null, result: null };

afterEach(async () => {
  await database.pool.query('DELETE FROM paused_queues');
});

describe('An accepted cancellation is effective', () => {
  it('when the attempt fails before its worker notices the request', async () => {
    const id = await requestCancellation({ takesMs: 600, failures: 5 });

    await jobs.reach(id, 'cancelled');

    expect(await jobs.find(id)).toMatchObject({
      ...cancelled,
      attempts: 1,
      error: null,
      finished_at: expect.any(Date),
    });
    expect(await history(id)).toEqual(['state queued', 'state running', 'done cancelled']);
  });

  it('when the attempt is released because its process shuts down', async () => {
    const id = await requestCancellation({ takesMs: 15_000 });
    app.get(JobExecutor).stopAll();

    await jobs.reach(id, 'cancelled');

    expect(await jobs.find(id)).toMatchObject({ ...cancelled, attempts: 1, finished_at: expect.any(Date) });
    expect(await history(id)).toEqual(['state queued', 'state running', 'done cancelled']);
  });

  it('when the worker has died and the dispatcher rescues the job', async () => {
    await database.pool.query(`INSERT INTO paused_queues (name) VALUES ('default')`);
    const id = await jobs.insertWithoutNotification('test.effect', { key: 'abandoned' });
    await database.pool.query(
      `UPDATE jobs SET state = 'running', delivery = 'published', delivery_no = 1, attempts = 1, lease = gen_random_uuid(),
         lease_expires_at = now() - interval '1 s', cancel_requested_at = now() WHERE id = $1`,
      [id],
    );

    await jobs.reach(id, 'cancelled');

    expect(await jobs.find(id)).toMatchObject({ ...cancelled, attempts: 1, finished_at: expect.any(Date) });
    expect(await history(id)).toEqual(['done cancelled']);
    expect(await jobs.effects(id)).toBe(0);
  });

  it('until the job is retried', async () => {
    const id = await requestCancellation({ takesMs: 600, failures: 1 });
    await jobs.reach(id, 'cancelled');

    expect(await app.get(JobsRepository).retry(id)).toBe(true);
    await jobs.reachWithoutDelay(id, 'succeeded');

    expect(await jobs.effects(id)).toBe(1);
  });
});
