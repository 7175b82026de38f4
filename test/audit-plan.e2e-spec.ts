import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { auditListStatement } from '../src/features/audit/audit.repository.ts';
import { createDatabase } from './support/database.ts';

const somebody = '01938c5e-7a80-7000-8000-3f2d6c1b9a04';
const database = await createDatabase();

/** 100,000 events, a second apart, of which one in 500 is somebody's, was refused or is of a rare kind. */
beforeAll(async () => {
  await database.pool.query(
    `INSERT INTO audit_events (id, at, event, outcome, actor_id, subject_id)
     SELECT gen_random_uuid(), now() - n * interval '1 s', CASE WHEN n % 500 = 0 THEN 'rare' ELSE 'common' END,
       CASE WHEN n % 500 = 0 THEN 'failure' ELSE 'success' END,
       CASE WHEN n % 500 = 0 THEN $1::uuid ELSE gen_random_uuid() END,
       CASE WHEN n % 500 = 0 THEN $1::uuid ELSE gen_random_uuid() END FROM generate_series(1, 100000) n`,
    [somebody],
  );
  await database.pool.query('ANALYZE audit_events');
});

afterAll(async () => {
  await database.drop();
});

async function planOf(text: string, values: readonly unknown[]): Promise<string> {
  const { rows } = await database.pool.query<{ 'QUERY PLAN': string }>(`EXPLAIN (ANALYZE, BUFFERS) ${text}`, [
    ...values,
  ]);
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();

describe('With 100,000 events, the list', () => {
  it.each([
    ['everybody', {}, 'at'],
    ['who did it', { actorId: somebody }, 'actor_id_at'],
    ['whom it is about', { subjectId: somebody }, 'subject_id_at'],
    ['a rare kind', { event: 'rare' }, 'event_at'],
    ['what was refused', { outcome: 'failure' as const }, 'outcome_at'],
    ['a stretch of time long ago', { since: ago(90_000), until: ago(80_000) }, 'at'],
  ])('is a range of an index without a sort, for %s', async (_, filter, index) => {
    const from = { keys: [ago(50_000), somebody], direction: 'next' as const };
    const { text, values } = auditListStatement({ ...filter, descending: true }, { limit: 20, from });

    const plan = await planOf(text, values);

    expect(plan).toMatch(new RegExp(`Index Scan (Backward )?using audit_events_${index}_id_idx`));
    expect(plan).toMatch(/^Limit .*rows=21(\.00)? loops/);
    expect(plan).not.toContain('Sort');
    expect(plan).not.toContain('Seq Scan');
    expect(Number(/Buffers: shared hit=(\d+)/.exec(plan)?.[1])).toBeLessThan(60);
  });

  it('costs no more on its last page than on its first', async () => {
    const buffers = async (seconds: number): Promise<number> => {
      const from = { keys: [ago(seconds), somebody], direction: 'next' as const };
      const { text, values } = auditListStatement({ descending: true }, { limit: 20, from });
      return Number(/Buffers: shared hit=(\d+)/.exec(await planOf(text, values))?.[1]);
    };
    await buffers(1);

    expect(Math.abs((await buffers(99_000)) - (await buffers(1)))).toBeLessThan(10);
  });
});
