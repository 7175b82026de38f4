import { describe, expect, it } from '@jest/globals';
import { jobListStatement } from '../src/queue/ledger.repository.ts';
import { createDatabase } from './support/database.ts';

const owner = '01938c5e-7a80-7000-8000-3f2d6c1b9a04';

describe('the list of jobs with 100,000 of them waiting', () => {
  it.each([
    ['everybody', {}],
    ['one owner', { ownerId: owner }],
  ])('is a range of an index without a sort, for %s', async (_, filter) => {
    const database = await createDatabase();
    await database.pool.query(
      `INSERT INTO jobs (id, type, queue, owner_id, payload, state, dispatch, next_dispatch_at, max_attempts, run_at, created_at)
       SELECT gen_random_uuid(), 'test.effect', 'default', CASE WHEN n % 2 = 0 THEN $1::uuid END, '{}', 'queued', 'ready',
         now(), 5, now(), now() - n * interval '1 ms' FROM generate_series(1, 100000) n`,
      [owner],
    );
    await database.pool.query('ANALYZE jobs');
    const from = { keys: [new Date(Date.now() - 50_000).toISOString(), owner], direction: 'next' as const };

    const { text, values } = jobListStatement({ ...filter, descending: true }, { limit: 20, from });
    const { rows } = await database.pool.query<{ 'QUERY PLAN': string }>(`EXPLAIN (ANALYZE) ${text}`, values);

    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toMatch(/Index Scan (Backward )?using jobs_(created_at|owner)_idx/);
    expect(plan).toMatch(/rows=21/);
    expect(plan).not.toContain('Sort');
    await database.drop();
  });
});
