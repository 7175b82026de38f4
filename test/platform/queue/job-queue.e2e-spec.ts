import { describe, expect, it } from '@jest/globals';
import { TransactionHost } from '@nestjs-cls/transactional';
import { JobQueue } from '../../../src/platform/queue/job-queue.ts';
import { JobsRepository } from '../../../src/platform/queue/jobs.repository.ts';
import { InvalidPayload, UnknownJobType } from '../../../src/platform/queue/queue-errors.ts';
import { startApp } from '../../harness/app/app.ts';
import { shortQueueTimings } from '../../harness/app/queue-timings.ts';
import { JobTables } from '../../harness/database/job-tables.ts';
import { effectsTable, EffectJob, HangJob, TestJobsModule } from '../../harness/app/test-jobs.ts';

// A heartbeat would renew the leases that tests expire by SQL before the dispatcher polls.
const { app, database } = await startApp({}, [
  TestJobsModule,
  shortQueueTimings({ heartbeatIntervalMs: 3000, outboxPollIntervalMs: 500 }),
]);
await database.pool.query(effectsTable);
const queue = app.get(JobQueue);
const transactions = app.get(TransactionHost);
const jobs = new JobTables(database);

describe('An enqueued job', () => {
  it('exists once its transaction commits, and runs', async () => {
    let foundInside: unknown;
    const id = await transactions.withTransaction(async () => {
      const enqueued = await queue.enqueue(EffectJob, { key: 'committed' });
      foundInside = await jobs.find(enqueued);
      return enqueued;
    });

    expect(foundInside).toBeUndefined();
    await jobs.reach(id, 'succeeded');
    expect(await jobs.effects(id)).toBe(1);
  });

  it('does not exist when its transaction rolls back', async () => {
    let id = '';
    const rolledBack = transactions.withTransaction(async () => {
      id = await queue.enqueue(EffectJob, { key: 'rolled back' });
      throw new Error('rolled back');
    });

    await expect(rolledBack).rejects.toThrow('rolled back');
    expect(await jobs.find(id)).toBeUndefined();
  });

  it('is not delivered again once it is finished', async () => {
    const id = await queue.enqueue(EffectJob, { key: 'finished' });
    await jobs.reach(id, 'succeeded');

    expect(await jobs.find(id)).toMatchObject({ delivery: 'done', next_delivery_at: null, lease: null });
  });
});

describe('The effect of a job', () => {
  it('happens once after failed attempts', async () => {
    const id = await queue.enqueue(EffectJob, { key: 'third attempt', failures: 2 });
    await jobs.reachWithoutDelay(id, 'succeeded');

    expect(await jobs.find(id)).toMatchObject({ attempts: 3, result: { attempt: 3 }, error: null });
    expect(await jobs.effects(id)).toBe(1);
  });

  it('is rolled back by a worker that has lost its lease', async () => {
    const id = await queue.enqueue(EffectJob, { key: 'lease lost', takesMs: 400 });
    await jobs.reach(id, 'running');
    await database.pool.query(
      `UPDATE jobs SET lease = gen_random_uuid(), lease_expires_at = now() + interval '1 s', next_delivery_at = now()
       WHERE id = $1`,
      [id],
    );

    await jobs.until(async () => (await jobs.find(id))?.['attempts'] === 2);
    await jobs.reach(id, 'succeeded');
    expect(await jobs.effects(id)).toBe(1);
  });
});

describe('A worker that was suspended for longer than its lease', () => {
  it('does not complete a job that was cancelled in the meantime', async () => {
    const id = await queue.enqueue(EffectJob, { key: 'suspended', takesMs: 2500 });
    await jobs.reach(id, 'running');
    await database.pool.query(`INSERT INTO paused_queues (name) VALUES ('default')`);
    await database.pool.query(
      `UPDATE jobs SET lease_expires_at = now() - interval '1 s', next_delivery_at = now() WHERE id = $1`,
      [id],
    );
    await jobs.reach(id, 'queued');
    await app.get(JobsRepository).cancel(id);
    await database.pool.query(`DELETE FROM paused_queues`);
    // When this job of the same queue has succeeded, the first attempt has ended.
    const next = await queue.enqueue(EffectJob, { key: 'next', takesMs: 4000 });
    await jobs.reach(next, 'succeeded');

    expect(await jobs.find(id)).toMatchObject({ state: 'cancelled', result: null, lease: null });
    expect(await jobs.effects(id)).toBe(0);
    const { rows } = await database.pool.query(
      `SELECT data ->> 'state' AS state FROM job_events WHERE job_id = $1 AND kind <> 'progress' ORDER BY seq`,
      [id],
    );
    expect(rows.map(({ state }: { state: string }) => state)).toEqual(['queued', 'running', 'queued', 'cancelled']);
  });
});

describe('The dispatcher', () => {
  it('starts jobs whose notification was lost', async () => {
    const id = await jobs.insertWithoutNotification('test.effect', { key: 'not notified' });

    await jobs.reach(id, 'succeeded');
  });
});

describe('A job of a type that this build does not know', () => {
  it('waits for a newer build without using an attempt', async () => {
    const id = await jobs.insertWithoutNotification('test.unknown', {});
    await jobs.until(async () => (await jobs.find(id))?.['delivery'] === 'delayed');

    expect(await jobs.find(id)).toMatchObject({ state: 'queued', attempts: 0 });
    const { rows } = await database.pool.query<{ seconds: number }>(
      `SELECT extract(epoch FROM next_delivery_at - run_at)::float8 AS seconds FROM jobs WHERE id = $1`,
      [id],
    );
    expect(rows[0]?.seconds).toBeGreaterThan(3);
  });

  it('does not delay other jobs, even in large numbers', async () => {
    await database.pool.query(
      `INSERT INTO jobs (id, type, queue, payload, state, delivery, next_delivery_at, max_attempts, run_at)
       SELECT gen_random_uuid(), 'test.unknown', 'default', '{}', 'queued', 'pending', now(), 5, now()
       FROM generate_series(1, 2500)`,
    );
    const id = await queue.enqueue(EffectJob, { key: 'after the unknown types' });

    try {
      await jobs.reach(id, 'succeeded');
    } finally {
      // The service locks the rows in another order.
      await jobs.until(async () => {
        await database.pool.query(
          `DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE type = 'test.unknown' FOR UPDATE SKIP LOCKED)`,
        );
        return (await database.pool.query(`SELECT FROM jobs WHERE type = 'test.unknown'`)).rowCount === 0;
      });
    }
  });

  it('can be cancelled', async () => {
    const id = await jobs.insertWithoutNotification('test.unknown', {});
    await app.get(JobsRepository).cancel(id);

    expect(await jobs.find(id)).toMatchObject({ state: 'cancelled' });
  });
});

describe('A payload', () => {
  it('is rejected when it does not match its type', async () => {
    await expect(queue.enqueueByType('test.effect', { key: 7, extra: 1 })).rejects.toThrow(InvalidPayload);
    await expect(queue.enqueueByType('test.nothing', {})).rejects.toThrow(UnknownJobType);
  });

  it('is validated again before each attempt, and an invalid one makes the job dead at once', async () => {
    const id = await jobs.insertWithoutNotification('test.effect', { key: 'x', takesMs: 'long' });
    await jobs.reach(id, 'dead');

    expect(await jobs.find(id)).toMatchObject({ attempts: 1, error: { message: expect.stringContaining('takesMs') } });
  });
});

describe('A handler', () => {
  it('that throws a value which is not an error fails with a message', async () => {
    const id = await queue.enqueue(EffectJob, { key: 'text', fault: 'throw-text' });
    await jobs.reachWithoutDelay(id, 'dead');

    expect(await jobs.find(id)).toMatchObject({
      attempts: 5,
      error: { name: 'Error', message: 'The handler threw just text.' },
    });
    expect(await jobs.effects(id)).toBe(0);
  });

  it('whose statement the database rejects fails with a message without database details', async () => {
    const id = await queue.enqueue(EffectJob, { key: 'sql', fault: 'sql' });
    await jobs.reachWithoutDelay(id, 'dead');

    const error = {
      name: 'DatabaseError',
      message: 'The database rejected a statement of the job. The log has the reason.',
    };
    expect(await jobs.find(id)).toMatchObject({ error });
    const { rows } = await database.pool.query(`SELECT data FROM job_events WHERE job_id = $1 AND kind = 'done'`, [id]);
    expect(rows).toMatchObject([{ data: { state: 'dead', error } }]);
  });

  it('that never ends times out, and the error states the limit', async () => {
    const id = await queue.enqueue(HangJob, { key: 'hang' });
    await jobs.reachWithoutDelay(id, 'dead');

    expect(await jobs.find(id)).toMatchObject({
      attempts: 2,
      error: { name: 'TimedOut', message: 'The attempt exceeded its limit of 1 s.' },
    });
  });

  it('whose job is cancelled stops without an effect', async () => {
    const id = await queue.enqueue(EffectJob, { key: 'cancel me', takesMs: 30_000 });
    await jobs.reach(id, 'running');
    await database.pool.query('UPDATE jobs SET cancel_requested_at = now() WHERE id = $1', [id]);
    await jobs.reach(id, 'cancelled', 15_000);

    expect(await jobs.effects(id)).toBe(0);
  });
});

describe('The events of a job', () => {
  it('record its states in order, without a gap', async () => {
    const id = await queue.enqueue(EffectJob, { key: 'events', takesMs: 700, failures: 1 });
    await jobs.reachWithoutDelay(id, 'succeeded');

    const { rows } = await database.pool.query<{ seq: number; kind: string; state: string | null }>(
      `SELECT seq, kind, data ->> 'state' AS state FROM job_events WHERE job_id = $1 ORDER BY seq`,
      [id],
    );
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, at) => at + 1));
    expect(rows.filter(({ kind }) => kind !== 'progress').map(({ state }) => state)).toEqual([
      'queued',
      'running',
      'queued',
      'running',
      'succeeded',
    ]);
    expect(rows.at(-1)?.kind).toBe('done');
    expect(rows.some(({ kind }) => kind === 'progress')).toBe(true);
  });
});
