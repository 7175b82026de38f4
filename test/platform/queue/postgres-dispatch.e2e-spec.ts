import { afterEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { TransactionHost } from '@nestjs-cls/transactional';
import { createApp } from '../../../src/app.setup.ts';
import { Dispatcher } from '../../../src/platform/queue/dispatch/dispatcher.ts';
import { JobQueue } from '../../../src/platform/queue/job-queue.ts';
import type { EnqueueOptions } from '../../../src/platform/queue/job-queue.ts';
import { JobsRepository } from '../../../src/platform/queue/jobs.repository.ts';
import { startApp, testConfig } from '../../harness/app/app.ts';
import { shortQueueTimings } from '../../harness/app/queue-timings.ts';
import { BareJob, EffectJob, effectsTable, NarrowJob, TestJobsModule } from '../../harness/app/test-jobs.ts';
import { JobTables } from '../../harness/database/job-tables.ts';
import { waitUntilClosed } from '../../harness/http/sockets.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';
import { testDispatcher } from './dispatcher-tests.ts';

/** An instance that enqueues jobs and executes none. */
// Without Redis also in a run with TEST_REDIS=on.
const { app, database } = await startApp({ WORKER: 'off', REDIS_URL: '' }, [TestJobsModule]);
await database.pool.query(effectsTable);
await database.pool.query('UPDATE job_schedules SET paused_at = now()');
const queue = app.get(JobQueue);
const jobs = new JobTables(database);
// Polls do not start jobs during a test: only notifications do.
const rarePolls = shortQueueTimings({ outboxPollIntervalMs: 600_000 });

/** Runs `work` while another instance executes jobs, one at a time unless the number is given. */
async function withWorker(work: () => Promise<void>, concurrency = 1, timings = shortQueueTimings()): Promise<void> {
  const config = testConfig({ DATABASE_URL: database.url, REDIS_URL: '', WORKER_CONCURRENCY: String(concurrency) });
  const worker = await (await createApp(config, [TestJobsModule, timings])).init();
  worker.get(Dispatcher).begin();
  try {
    await work();
  } finally {
    await worker.close();
  }
}

async function enqueue(key: string, options: EnqueueOptions = {}): Promise<string> {
  return await queue.enqueue(EffectJob, { key }, options);
}

async function allSucceeded(): Promise<void> {
  await waitUntil('every job has succeeded', async () => {
    const { rows } = await database.pool.query('SELECT 1 FROM jobs WHERE finished_at IS NULL LIMIT 1');
    return rows.length === 0;
  });
}

/** The keys of the effects, in their order: that in which jobs have started, when they run one at a time. */
async function started(limit = 100): Promise<string[]> {
  const { rows } = await database.pool.query<{ key: string }>('SELECT key FROM test_effects ORDER BY at LIMIT $1', [
    limit,
  ]);
  return rows.map(({ key }) => key);
}

async function fairAtOf(id: string): Promise<number> {
  return Number((await jobs.find(id))?.['fair_at']);
}

afterEach(async () => {
  await database.pool.query(
    'DELETE FROM jobs; DELETE FROM test_effects; DELETE FROM paused_queues; DELETE FROM job_type_limits',
  );
});

testDispatcher({ app, database, withWorker });

describe('Jobs start', () => {
  it('next for an owner without other jobs, although another one has 5,000 that wait', async () => {
    const [busy, other] = [randomUUID(), randomUUID()];
    await app.get(TransactionHost).withTransaction(async () => {
      for (let n = 0; n < 20; n += 1) await enqueue(`busy ${n}`, { ownerId: busy });
    });
    await database.pool.query(
      `INSERT INTO jobs (id, type, queue, owner_id, payload, state, delivery, fair_at, next_delivery_at, max_attempts, run_at)
       SELECT gen_random_uuid(), 'test.effect', 'default', $1, '{"key": "busy"}', 'queued', 'pending', n, now(), 5, now()
       FROM generate_series(20, 4999) AS n`,
      [busy],
    );
    await enqueue('busy, again', { ownerId: busy });
    await withWorker(async () => {
      await waitUntil('some jobs of the busy owner have run', async () => (await started()).length > 5);
      await database.pool.query(`INSERT INTO paused_queues (name) VALUES ('default')`);
      await waitUntil('no job runs', async () => {
        const { rows } = await database.pool.query(`SELECT 1 FROM jobs WHERE state = 'running'`);
        return rows.length === 0;
      });
    });
    const before = (await started()).length;
    const id = await enqueue('other', { ownerId: other });
    await database.pool.query('DELETE FROM paused_queues');

    await withWorker(async () => {
      await jobs.reach(id, 'succeeded');
    });

    // The next job of the busy owner has the same place, and is older.
    expect((await started(5000)).indexOf('other')).toBeLessThanOrEqual(before + 1);
  });

  it('in the turn that they had before a failed attempt, or the one of the time when they are due', async () => {
    const owner = randomUUID();
    const failing = await queue.enqueue(EffectJob, { key: 'failing', failures: 1 }, { ownerId: owner });
    const later = await enqueue('later', { ownerId: owner, runAt: new Date(Date.now() + 3_600_000) });
    const other = await enqueue('other', { ownerId: owner });
    expect([await fairAtOf(failing), await fairAtOf(later), await fairAtOf(other)]).toEqual([0, 0, 1]);
    await database.pool.query(`UPDATE jobs SET fair_at = 7 WHERE id = $1`, [failing]);
    await database.pool.query(`INSERT INTO paused_queues (name) VALUES ('heavy')`);
    await database.pool.query(`UPDATE jobs SET queue = 'heavy' WHERE id <> $1`, [failing]);
    await database.pool.query(`UPDATE jobs SET next_delivery_at = now() WHERE id = $1`, [later]);

    await withWorker(async () => {
      await jobs.reachWithoutDelay(failing, 'succeeded');
      await jobs.reach(later, 'queued');
    });

    expect(await fairAtOf(failing)).toBe(7);
    expect(await fairAtOf(later)).toBe(2);
  });

  it('in a new turn when they are retried by a caller', async () => {
    const owner = randomUUID();
    const cancelled = await enqueue('cancelled', { ownerId: owner });
    await app.get(JobsRepository).cancel(cancelled);
    await enqueue('first', { ownerId: owner });
    await enqueue('second', { ownerId: owner });

    expect(await app.get(JobsRepository).retry(cancelled)).toBe(true);

    expect(await fairAtOf(cancelled)).toBe(2);
  });
});

describe('A worker', () => {
  it('starts the jobs that another instance has committed, without a poll', async () => {
    await withWorker(
      async () => {
        await waitUntil('it listens', async () => {
          const id = await enqueue('notified');
          return await waitUntil('it starts', async () => (await jobs.find(id))?.['state'] === 'succeeded', 2000).then(
            () => true,
            () => false,
          );
        });
        await database.pool.query(`UPDATE jobs SET state = 'succeeded', delivery = 'done' WHERE finished_at IS NULL`);
        for (const priority of [1, 2, 3]) await jobs.reach(await enqueue('notified', { priority }), 'succeeded');
      },
      1,
      rarePolls,
    );
  });

  it('claims again when the database has rejected a claim', async () => {
    const [id, heavy] = [
      await enqueue('retried'),
      await jobs.insertWithoutNotification('test.effect', { key: 'h' }, 'heavy'),
    ];
    await database.pool.query('ALTER TABLE paused_queues RENAME TO renamed');

    await withWorker(async () => {
      await waitUntil('it has claimed nothing', async () => {
        const { rows } = await database.pool.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%paused_queues%' AND pid <> pg_backend_pid()`,
        );
        return rows.length > 0;
      });
      expect(await jobs.find(id)).toMatchObject({ state: 'queued', attempts: 0 });
      await database.pool.query('ALTER TABLE renamed RENAME TO paused_queues');
      await jobs.reach(id, 'succeeded');
      await jobs.reach(heavy, 'succeeded');
    });
  });

  it('starts jobs of a queue that is resumed, without a poll', async () => {
    const first = await enqueue('before');
    await withWorker(
      async () => {
        await jobs.reach(first, 'succeeded');
        await database.pool.query(`INSERT INTO paused_queues (name) VALUES ('default')`);
        const id = await enqueue('paused');
        await database.pool.query('DELETE FROM paused_queues');
        await waitUntil('it has started', async () => {
          await app.get(Dispatcher).setPaused('default', false);
          return (await jobs.find(id))?.['state'] === 'succeeded';
        });
      },
      1,
      rarePolls,
    );
  });

  it('takes over the jobs that a version with BullMQ has published', async () => {
    const id = await jobs.insertWithoutNotification('test.effect', { key: 'published' });
    await database.pool.query(`UPDATE jobs SET delivery = 'published', delivery_no = 1 WHERE id = $1`, [id]);

    await withWorker(async () => {
      await jobs.reach(id, 'succeeded');
    });

    expect(await jobs.find(id)).toMatchObject({ attempts: 1, delivery_no: 2 });
  });
});

describe('A process that stops', () => {
  it('accepts no connections after the drain delay, while a job still runs', async () => {
    const variables = { DATABASE_URL: database.url, REDIS_URL: '', SHUTDOWN_DRAIN_MS: '100' };
    const stopping = await createApp(testConfig(variables), [TestJobsModule, shortQueueTimings()]);
    await stopping.listen(0, '127.0.0.1');
    stopping.get(Dispatcher).begin();
    const url = new URL(await stopping.getUrl());
    // The job waits for the advisory lock until the test has seen what it needs.
    const lock = await database.pool.connect();
    await lock.query('SELECT pg_advisory_lock(14)');
    const id = await queue.enqueue(EffectJob, { key: 'waits', fault: 'wait' });
    await jobs.reach(id, 'running');

    const closed = stopping.close();
    await waitUntilClosed(url);
    expect(await jobs.find(id)).toMatchObject({ state: 'running' });
    await lock.query('SELECT pg_advisory_unlock(14)');
    lock.release();
    await closed;

    expect(await jobs.find(id)).toMatchObject({ state: 'succeeded', attempts: 1 });
  });
});

describe('A job that is claimed while the one before it is committed', () => {
  it('has a transaction of its own', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 12; n += 1) ids.push(await enqueue(`${n}`));
    // Each COMMIT takes longer than a claim.
    await database.pool.query(`
      CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.1); RETURN NULL; END';
      CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON test_effects DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION wait()`);

    await withWorker(allSucceeded);

    await database.pool.query('DROP TRIGGER wait ON test_effects; DROP FUNCTION wait()');
    for (const id of ids) {
      expect(await jobs.find(id)).toMatchObject({ state: 'succeeded', attempts: 1 });
      expect(await jobs.effects(id)).toBe(1);
    }
  });
});

describe('A job whose handler has no transaction', () => {
  it('succeeds once, also together with others', async () => {
    const ids = await Promise.all(
      Array.from({ length: 40 }, async () => await queue.enqueue(BareJob, { key: 'bare' })),
    );

    await withWorker(allSucceeded, 5);

    for (const id of ids) expect(await jobs.find(id)).toMatchObject({ state: 'succeeded', result: { attempt: 1 } });
    const { rows } = await database.pool.query<{ events: string }>(
      `SELECT string_agg(data ->> 'state', ' ' ORDER BY seq) AS events FROM job_events GROUP BY job_id`,
    );
    expect(new Set(rows.map(({ events }) => events))).toEqual(new Set(['queued running succeeded']));
  });

  it('does not succeed once its lease is lost', async () => {
    const id = await queue.enqueue(BareJob, { key: 'lost', takesMs: 1000 });

    await withWorker(async () => {
      await jobs.reach(id, 'running');
      await database.pool.query(`UPDATE jobs SET lease = gen_random_uuid() WHERE id = $1`, [id]);
      // Runs on the same slot, after the first attempt has ended.
      await jobs.reach(await enqueue('next'), 'succeeded');
    });

    expect(await jobs.find(id)).toMatchObject({ state: 'running', result: null });
  });
});

describe('The limit of a type', () => {
  it('admits jobs in a transaction that does not outlast a suspended process', async () => {
    await database.pool.query(`
      CREATE TABLE timeouts (value text);
      CREATE FUNCTION note_timeout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO timeouts VALUES (current_setting('idle_in_transaction_session_timeout')); RETURN NULL; END $$;
      CREATE TRIGGER note_timeout AFTER INSERT ON job_type_limits FOR EACH ROW EXECUTE FUNCTION note_timeout()`);
    await queue.enqueue(NarrowJob, { key: 'admitted' });

    await withWorker(allSucceeded);

    expect((await database.pool.query('SELECT value FROM timeouts')).rows).toEqual([{ value: '2s' }]);
    await database.pool.query('DROP FUNCTION note_timeout CASCADE; DROP TABLE timeouts');
  });

  it('starts a job that has failed before those that wait for its limit', async () => {
    const failed = await queue.enqueue(NarrowJob, { key: 'failed' });
    const waiting: string[] = [];
    for (const key of ['a', 'b', 'c']) waiting.push(await queue.enqueue(NarrowJob, { key }, { ownerId: randomUUID() }));
    // It was admitted to the end of a long queue before, and its next attempt is due.
    const change = `delivery = 'delayed', attempts = 1, fair_at = 1000`;
    await database.pool.query(`UPDATE jobs SET ${change} WHERE id = $1`, [failed]);

    await withWorker(allSucceeded);

    const { rows } = await database.pool.query<{ id: string }>('SELECT id FROM jobs ORDER BY started_at');
    expect(rows.map(({ id }) => id)).toEqual([failed, ...waiting]);
  });
});

describe('A deduplication key', () => {
  const key = { deduplicationKey: 'report 7' };

  it('keeps a second job from being stored until the first one has ended', async () => {
    const first = await enqueue('first', key);
    expect(await enqueue('second', key)).toBe(first);
    expect(await queue.enqueue(BareJob, { key: 'other type' }, key)).not.toBe(first);

    await withWorker(allSucceeded);

    expect(await enqueue('third', key)).not.toBe(first);
    expect(await started()).toEqual(['first']);
  });

  it('admits one of many jobs that are enqueued at the same time', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, async (_, n) => await enqueue(`${n}`, key)));

    expect(new Set(ids).size).toBe(1);
  });

  it('admits a job when the transaction that has stored another one rolls back', async () => {
    const transactions = app.get(TransactionHost);
    const stored = Promise.withResolvers<undefined>();
    const rolledBack = transactions.withTransaction(async () => {
      await enqueue('rolled back', key);
      stored.resolve(undefined);
      await waitUntil('the other one waits', async () => {
        const { rows } = await database.pool.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return rows.length > 0;
      });
      throw new Error('rolled back');
    });
    await stored.promise;
    const id = enqueue('kept', key);

    await expect(rolledBack).rejects.toThrow('rolled back');
    expect(await jobs.find(await id)).toMatchObject({ payload: { key: 'kept' } });
  });

  it('keeps a cancelled job from being retried while another one has it', async () => {
    const cancelled = await enqueue('cancelled', key);
    await app.get(JobsRepository).cancel(cancelled);
    const next = await enqueue('next', key);

    expect(await app.get(JobsRepository).retry(cancelled)).toBe(false);
    await app.get(JobsRepository).cancel(next);
    expect(await app.get(JobsRepository).retry(cancelled)).toBe(true);
  });
});

describe('Jobs that are enqueued together', () => {
  it('are stored in order, and take turns with those of others', async () => {
    const [owner, other] = [randomUUID(), randomUUID()];
    const payloads = Array.from({ length: 1100 }, (_, n) => ({ key: `${n}` }));
    await enqueue('own', { ownerId: owner });
    const ids = await queue.enqueueAll(EffectJob, payloads, { ownerId: owner });
    const turn = await enqueue('other', { ownerId: other });

    const { rows } = await database.pool.query<{ id: string; key: string; events: number }>(
      `SELECT id, payload ->> 'key' AS key, (SELECT count(*)::int FROM job_events WHERE job_id = jobs.id) AS events
       FROM jobs WHERE owner_id = $1 ORDER BY fair_at OFFSET 1`,
      [owner],
    );
    expect(rows).toEqual(ids.map((id, n) => ({ id, key: `${n}`, events: 1 })));
    expect([await fairAtOf(ids[0] ?? ''), await fairAtOf(ids[1099] ?? ''), await fairAtOf(turn)]).toEqual([1, 1100, 0]);
  });

  it('are not stored when one payload is invalid, or when there are none', async () => {
    const invalid = { key: 7 } as unknown as { key: string };

    await expect(queue.enqueueAll(EffectJob, [{ key: 'valid' }, invalid])).rejects.toThrow('The payload is invalid');
    expect(await queue.enqueueAll(EffectJob, [])).toEqual([]);
    expect((await database.pool.query('SELECT 1 FROM jobs')).rows).toEqual([]);
  });
});
