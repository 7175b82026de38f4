import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Lease } from '../../src/platform/queue/execution/lease.ts';
import { LeasesRepository } from '../../src/platform/queue/execution/leases.repository.ts';
import { startApp } from '../harness/app/app.ts';
import { TestJobsModule } from '../harness/app/test-jobs.ts';
import { JobTables } from '../harness/database/job-tables.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

const { app, database } = await startApp({ WORKER: 'off' }, [TestJobsModule]);
const jobs = new JobTables(database);

/** The lease of a running job. */
async function newLease(): Promise<Lease> {
  const [jobId, id] = [randomUUID(), randomUUID()];
  await database.pool.query(
    `INSERT INTO jobs (id, type, queue, payload, state, delivery, next_delivery_at, max_attempts, run_at, lease, lease_expires_at)
     VALUES ($1, 'x', 'default', '{}', 'running', 'published', now() + interval '1 day', 5, now(), $2, now() + interval '1 day')`,
    [jobId, id],
  );
  return new Lease(app.get(LeasesRepository), { jobId, id, timeoutSeconds: 60, heartbeatIntervalMs: 60_000 });
}

async function progressOf({ jobId }: Lease): Promise<unknown> {
  return (await jobs.find(jobId))?.['progress'];
}

/** Reports progress as a handler does, and returns what is stored. */
async function stored(done: number, total?: number | null): Promise<unknown> {
  const lease = await newLease();
  lease.progress(done, total);
  await lease.close();
  return await progressOf(lease);
}

/** The number of progress statements that wait for a lock. */
async function waitingWrites(): Promise<number> {
  const { rows } = await database.pool.query(
    `SELECT 1 FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%SET progress%'`,
  );
  return rows.length;
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

  it('is written one report after another, so that the last one stays', async () => {
    const lease = await newLease();
    const other = await newLease();
    const blocker = await database.pool.connect();
    await blocker.query('BEGIN');
    await blocker.query('SELECT 1 FROM jobs WHERE id = $1 FOR UPDATE', [lease.jobId]);
    lease.progress(1);
    await waitUntil('the first report waits', async () => (await waitingWrites()) === 1);

    lease.progress(2);
    // Its timer fires after that of the second report.
    other.progress(1);
    await waitUntil('the other job has its progress', async () => (await progressOf(other)) !== null);
    expect(await waitingWrites()).toBe(1);

    await blocker.query('ROLLBACK');
    blocker.release();
    await Promise.all([lease.close(), other.close()]);
    expect(await progressOf(lease)).toEqual({ done: 2, total: null });
    const { rows } = await database.pool.query('SELECT data FROM job_events WHERE job_id = $1 ORDER BY seq', [
      lease.jobId,
    ]);
    expect(rows).toMatchObject([{ data: { done: 1 } }, { data: { done: 2 } }]);
  });
});
