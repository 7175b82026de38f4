import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Lease } from '../src/queue/lease.ts';
import { LeasesRepository } from '../src/queue/leases.repository.ts';
import { start } from './support/app.ts';
import { Jobs } from './support/jobs.ts';

const { app, database } = await start({ WORKER: 'off' });
const jobs = new Jobs(database);

/** What is stored of a progress that a handler tells. */
async function stored(done: number, total?: number | null): Promise<unknown> {
  const [id, leaseId] = [randomUUID(), randomUUID()];
  await database.pool.query(
    `INSERT INTO jobs (id, type, queue, payload, state, dispatch, next_dispatch_at, max_attempts, run_at, lease, lease_until)
     VALUES ($1, 'x', 'default', '{}', 'running', 'sent', now() + interval '1 day', 5, now(), $2, now() + interval '1 day')`,
    [id, leaseId],
  );
  const lease = new Lease(app.get(LeasesRepository), id, leaseId, 60);
  lease.progress(done, total);
  await lease.close();
  return (await jobs.find(id))?.['progress'];
}

describe('Progress', () => {
  it.each([
    ['as it is told', [3, 10], { done: 3, total: 10 }],
    ['without a total when nobody knows one', [3], { done: 3, total: null }],
    ['in whole numbers', [2.6, 9.4], { done: 3, total: 9 }],
    ['from 0 on', [-1, -0.5], { done: 0, total: 0 }],
    ['as nothing when it is no number', [Number.NaN, Number.NaN], { done: 0, total: 0 }],
    ['as far as numbers are exact', [Infinity, null], { done: Number.MAX_SAFE_INTEGER, total: null }],
  ] as [string, [number, number?], object][])('is stored %s', async (_, [done, total], expected) => {
    expect(await stored(done, total)).toEqual(expected);
  });
});
