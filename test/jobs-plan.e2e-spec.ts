import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jobListStatement } from '../src/queue/ledger.repository.ts';
import { relayStatements } from '../src/queue/relay-statements.repository.ts';
import { createDatabase } from './support/database.ts';

const owner = '01938c5e-7a80-7000-8000-3f2d6c1b9a04';
const database = await createDatabase();

/** 100,000 jobs that wait, of two owners' and two types, then a few that were sent, or will be due. */
beforeAll(async () => {
  await database.pool.query(
    `INSERT INTO jobs (id, type, queue, owner_id, payload, state, dispatch, next_dispatch_at, max_attempts, run_at, created_at)
     SELECT gen_random_uuid(), CASE WHEN n = 100000 THEN 'test.rare' ELSE 'test.effect' END, 'default',
       CASE WHEN n % 2 = 0 THEN $1::uuid END, '{}', CASE WHEN n = 100000 THEN 'dead' ELSE 'queued' END,
       CASE WHEN n > 99900 THEN 'done' WHEN n > 99700 THEN 'sent' WHEN n > 99500 THEN 'parked' ELSE 'ready' END,
       now(), 5, now(), now() - n * interval '1 ms' FROM generate_series(1, 100000) n`,
    [owner],
  );
  await database.pool.query('ANALYZE jobs');
});

afterAll(async () => {
  await database.drop();
});

async function planOf(text: string, values: readonly unknown[]): Promise<string> {
  const client = await database.pool.connect();
  await client.query('BEGIN');
  const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN (ANALYZE) ${text}`, [...values]);
  await client.query('ROLLBACK');
  client.release();
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

describe('With 100,000 jobs waiting, the list', () => {
  it.each([
    ['everybody', {}, 'created_at', 21],
    ['one owner', { ownerId: owner }, 'owner', 21],
    ['a state that few are in', { state: 'dead' as const }, 'state', 1],
    ['a type that few are of', { type: 'test.rare' }, 'type', 1],
  ])('is a range of an index without a sort, for %s', async (_, filter, index, found) => {
    const from = { keys: [new Date(Date.now() - 50_000).toISOString(), owner], direction: 'next' as const };
    const { text, values } = jobListStatement({ ...filter, descending: true }, { limit: 20, from });

    const plan = await planOf(text, values);

    expect(plan).toMatch(new RegExp(`Index Scan (Backward )?using jobs_${index}_idx`));
    expect(plan).toContain(`rows=${found}`);
    expect(plan).not.toContain('Sort');
    expect(plan).not.toContain('Seq Scan on jobs');
  });
});

describe('With 100,000 jobs waiting, the relay', () => {
  it.each([
    ['takes what is ready', relayStatements.take, ['default', 1000, 5000], 'ready'],
    ['finds what is parked', relayStatements.unpark, [1000], 'parked'],
    ['finds what nobody has claimed', relayStatements.overdue, [1000, ['default', 'heavy']], 'sent'],
  ])('%s by an index of its own', async (_, text, values, index) => {
    const plan = await planOf(text, values);

    expect(plan).toMatch(new RegExp(`(Index|Bitmap Index) (Only )?Scan (Backward )?(using|on) jobs_${index}_idx`));
    expect(plan).not.toContain('Seq Scan on jobs');
  });

  it.each([
    ['takes what is ready', 'take', `text, int, float8`, `'default', 1000, 5000`, 'ready'],
    ['finds what is parked', 'unpark', 'int', '1000', 'parked'],
    ['finds what nobody has claimed', 'overdue', 'int, text[]', `1000, ARRAY['default', 'heavy']`, 'sent'],
  ] as const)(
    '%s by the same index when its plan is made once for all values',
    async (_, name, types, values, index) => {
      const client = await database.pool.connect();
      try {
        await client.query('BEGIN');
        await client.query('SET LOCAL plan_cache_mode = force_generic_plan');
        await client.query(`PREPARE generic (${types}) AS ${relayStatements[name]}`);
        const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN (ANALYZE) EXECUTE generic (${values})`);
        const plan = rows.map((row) => row['QUERY PLAN']).join('\n');

        expect(plan).toMatch(new RegExp(`(Index|Bitmap Index) (Only )?Scan (Backward )?(using|on) jobs_${index}_idx`));
        expect(plan).not.toContain('Seq Scan on jobs');
      } finally {
        await client.query('ROLLBACK');
        await client.query('DEALLOCATE ALL');
        client.release();
      }
    },
  );

  it('sorts no more than it takes', async () => {
    const plan = await planOf(relayStatements.take, ['default', 1000, 5000]);

    const sorted = [...plan.matchAll(/Sort .*actual time=\S+ rows=(\d+)/g)].map(([, rows]) => Number(rows));
    expect(Math.max(0, ...sorted)).toBeLessThanOrEqual(1000);
    expect(plan).toMatch(/Limit .*actual time=\S+ rows=800/);
  });
});
