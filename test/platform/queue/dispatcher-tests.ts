import { afterEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { TransactionHost } from '@nestjs-cls/transactional';
import type { EnqueueOptions } from '../../../src/platform/queue/job-queue.ts';
import { JobQueue } from '../../../src/platform/queue/job-queue.ts';
import { JobsRepository } from '../../../src/platform/queue/jobs.repository.ts';
import type { TestDatabase } from '../../harness/database/database.ts';
import { JobTables } from '../../harness/database/job-tables.ts';
import { EffectJob, NarrowJob, RareJob } from '../../harness/app/test-jobs.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';

/** A dispatcher under test. */
interface DispatcherOptions {
  /** An instance that enqueues jobs and executes none. */
  readonly app: NestFastifyApplication;
  readonly database: TestDatabase;
  /** Runs `work` while another instance executes this many jobs at the same time. */
  readonly withWorker: (work: () => Promise<void>, concurrency: number) => Promise<void>;
}

/** The tests of priorities, turns between owners and limits of types, which every dispatcher passes. */
export function testDispatcher({ app, database, withWorker }: DispatcherOptions): void {
  const queue = app.get(JobQueue);
  const jobs = new JobTables(database);

  async function enqueue(key: string, options: EnqueueOptions = {}): Promise<string> {
    return await queue.enqueue(EffectJob, { key }, options);
  }

  /** Runs jobs one at a time that are enqueued while no dispatcher takes them, so that all of them wait for their turn. */
  async function runTogether(enqueueAll: () => Promise<void>): Promise<void> {
    await database.pool.query(`INSERT INTO paused_queues (name) VALUES ('default')`);
    await enqueueAll();
    await withWorker(async () => {
      await database.pool.query('DELETE FROM paused_queues');
      await allSucceeded();
    }, 1);
  }

  async function allSucceeded(): Promise<void> {
    await waitUntil('every job has succeeded', async () => {
      const { rows } = await database.pool.query('SELECT 1 FROM jobs WHERE finished_at IS NULL LIMIT 1');
      return rows.length === 0;
    });
  }

  /** The keys of the effects, in their order: that in which jobs have started, when they run one at a time. */
  async function started(): Promise<string[]> {
    const { rows } = await database.pool.query<{ key: string }>('SELECT key FROM test_effects ORDER BY at');
    return rows.map(({ key }) => key);
  }

  async function mostRunning(type: string): Promise<number> {
    const { rows } = await database.pool.query<{ most: number }>(
      `SELECT max((SELECT count(*) FROM jobs AS other WHERE other.type = $1 AND other.started_at <= jobs.started_at
         AND other.finished_at > jobs.started_at))::int AS most FROM jobs WHERE type = $1`,
      [type],
    );
    return rows[0]?.most ?? 0;
  }

  afterEach(async () => {
    await database.pool.query(
      'DELETE FROM jobs; DELETE FROM test_effects; DELETE FROM paused_queues; DELETE FROM job_type_limits',
    );
  });

  describe('Jobs start', () => {
    it('by priority, then by age', async () => {
      await runTogether(async () => {
        for (const priority of [0, 1, 100, -1, -100, 0]) await enqueue(`${priority}`, { priority });
      });

      expect(await started()).toEqual(['-100', '-1', '0', '0', '1', '100']);
    });

    it('by turns between the owners of one priority, those without an owner as one', async () => {
      const [first, second] = [randomUUID(), randomUUID()];
      await runTogether(async () => {
        for (const n of [1, 2, 3, 4]) await enqueue(`a${n}`, { ownerId: first });
        for (const n of [1, 2]) await enqueue(`b${n}`, { ownerId: second });
        for (const n of [1, 2, 3]) await enqueue(`-${n}`);
      });

      expect(await started()).toEqual(['a1', 'b1', '-1', 'a2', 'b2', '-2', 'a3', '-3', 'a4']);
    });

    it('within 2 s of the work of workers that have 5,000 jobs of another owner', async () => {
      const busy = randomUUID();
      const [concurrency, takesMs] = [5, 50];
      const within2s = (2000 / takesMs) * concurrency;
      await app.get(TransactionHost).withTransaction(async () => {
        const payloads = Array.from({ length: 5000 }, () => ({ key: 'busy', takesMs }));
        await queue.enqueueAll(EffectJob, payloads, { ownerId: busy });
      });

      await withWorker(async () => {
        for (const before of [10, 50, 150]) {
          await waitUntil('some jobs of the busy owner have run', async () => (await started()).length > before);
          const at = (await started()).length;
          await jobs.reach(await enqueue(`other ${before}`, { ownerId: randomUUID() }), 'succeeded');
          expect((await started()).indexOf(`other ${before}`) - at).toBeLessThanOrEqual(within2s);
        }
      }, concurrency);
    });
  });

  describe('A type of job with a limit', () => {
    it('of concurrency runs no more jobs at the same time, in two instances', async () => {
      for (let n = 0; n < 8; n += 1) await queue.enqueue(NarrowJob, { key: `${n}`, takesMs: 300 });

      await withWorker(async () => {
        await withWorker(allSucceeded, 5);
      }, 5);

      expect(await mostRunning('test.narrow')).toBe(2);
    });

    it('does not delay other types of its queue, and starts its jobs in turns between owners', async () => {
      const [busy, other] = [randomUUID(), randomUUID()];
      // At once: jobs may be admitted as soon as they are committed.
      const { turn, unlimited } = await app.get(TransactionHost).withTransaction(async () => {
        for (let n = 0; n < 6; n += 1) await queue.enqueue(NarrowJob, { key: `${n}`, takesMs: 400 }, { ownerId: busy });
        return {
          turn: await queue.enqueue(NarrowJob, { key: 'other' }, { ownerId: other }),
          unlimited: await enqueue('unlimited'),
        };
      });

      await withWorker(async () => {
        await jobs.reach(unlimited, 'succeeded');
        const { rows } = await database.pool.query(`SELECT 1 FROM jobs WHERE delivery = 'limited'`);
        expect(rows.length).toBeGreaterThan(0);
        await allSucceeded();
      }, 5);

      const { rows } = await database.pool.query<{ id: string }>(
        `SELECT id FROM jobs WHERE type = 'test.narrow' ORDER BY started_at, id`,
      );
      expect(rows.findIndex(({ id }) => id === turn)).toBeLessThanOrEqual(2);
    });

    it('of its rate starts no more jobs within that time, and a waiting one can be cancelled', async () => {
      const ids: string[] = [];
      for (let n = 0; n < 5; n += 1) ids.push(await queue.enqueue(RareJob, { key: `${n}` }));

      await withWorker(async () => {
        await waitUntil('three have succeeded', async () => {
          const { rows } = await database.pool.query(`SELECT 1 FROM jobs WHERE state = 'succeeded'`);
          return rows.length === 3;
        });
        // Starts after an admission that admits none of them.
        await jobs.reach(await enqueue('later'), 'succeeded');
        expect(await app.get(JobsRepository).cancel(ids[4] ?? '')).toBe('queued');
        expect(await jobs.find(ids[3] ?? '')).toMatchObject({ state: 'queued', delivery: 'limited', attempts: 0 });
        expect(await jobs.find(ids[4] ?? '')).toMatchObject({ state: 'cancelled', delivery: 'done' });
        await database.pool.query(`UPDATE job_type_limits SET refilled_at = refilled_at - interval '20 minutes'`);
        await jobs.reach(ids[3] ?? '', 'succeeded');
      }, 5);
    });
  });
}
