import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Lease } from '../../src/platform/queue/execution/lease.ts';
import { LeasesRepository } from '../../src/platform/queue/execution/leases.repository.ts';
import { sharedApp } from '../harness/app/app.ts';
import { TestJobsModule } from '../harness/app/test-jobs.ts';
import { JobTables } from '../harness/database/job-tables.ts';

const { app, database } = await sharedApp({ WORKER: 'off' }, [TestJobsModule]);
const jobs = new JobTables(database);

/** Reports progress as a handler does, and returns what is stored. */
async function stored(done: number, total?: number | null): Promise<unknown> {
  const [id, leaseId] = [randomUUID(), randomUUID()];
  await database.pool.query(
    `INSERT INTO jobs (id, type, queue, payload, state, delivery, next_delivery_at, max_attempts, run_at, lease, lease_expires_at)
     VALUES ($1, 'x', 'default', '{}', 'running', 'published', now() + interval '1 day', 5, now(), $2, now() + interval '1 day')`,
    [id, leaseId],
  );
  const lease = new Lease(app.get(LeasesRepository), {
    jobId: id,
    id: leaseId,
    timeoutSeconds: 60,
    heartbeatIntervalMs: 60_000,
  });
  lease.progress(done, total);
  await lease.close();
  return (await jobs.find(id))?.['progress'];
}

describe('Progress', () => {
  it.each([
    ['as reported', [3, 10], { done: 3, total: 10 }],
    ['without an unknown total', [3], { done: 3, total: null }],
    ['in integers', [2.6, 9.4], { done: 3, total: 9 }],
    ['from 0 on', [-1, -0.5], { done: 0, total: 0 }],
    ['as 0 for NaN', [Number.NaN, Number.NaN], { done: 0, total: 0 }],
    ['up to the largest safe integer', [Infinity, null], { done: Number.MAX_SAFE_INTEGER, total: null }],
  ] as [string, [number, number?], object][])('is stored %s', async (_, [done, total], expected) => {
    expect(await stored(done, total)).toEqual(expected);
  });
});
