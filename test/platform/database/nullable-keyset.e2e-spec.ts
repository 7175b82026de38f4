import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Prisma } from '../../../src/platform/database/generated/client.ts';
import type { KeysetRequest, SortKeys } from '../../../src/platform/database/keyset.ts';
import { slice } from '../../../src/platform/database/keyset.ts';
import { keyedPage, keyedRows } from '../../../src/platform/database/list-key.ts';
import type { NullableSortOrder } from '../../../src/platform/database/nullable-keyset.ts';
import { nullableKeysetPage } from '../../../src/platform/database/nullable-keyset.ts';
import { createDatabase } from '../../harness/database/database.ts';
import { combinations, pagesRead } from '../../harness/database/query-plans.ts';

const database = await createDatabase();
const seed = 20261128;

interface Row {
  readonly id: number;
  readonly keys: SortKeys;
}

type Sort = Pick<NullableSortOrder, 'descending' | 'nulls'>;

const sorts = combinations<Sort>({ descending: [false, true], nulls: ['first', 'last'] });

/** One page of the list 1, sorted by `due` and `id`. */
function pageOf(sort: Sort, request: KeysetRequest, conditions = Prisma.sql`list = ${1}`): Prisma.Sql {
  const order = {
    ...sort,
    nullable: { sql: Prisma.sql`due`, type: Prisma.sql`date` },
    others: [{ sql: Prisma.sql`id`, type: Prisma.sql`int` }],
  };
  const rows = { table: Prisma.sql`dues`, conditions };
  return Prisma.sql`
    SELECT id, ARRAY[to_char(due, 'YYYY-MM-DD'), id::text] AS keys ${nullableKeysetPage(rows, order, request)}`;
}

async function read(sort: Sort, request: KeysetRequest): Promise<{ rows: readonly Row[]; hasMore: boolean }> {
  const { text, values } = pageOf(sort, request);
  const { rows } = await database.pool.query<Row>(text, values);
  return slice(rows, request);
}

/** The ids of all pages from an end of the list to the other one, in list order, and the size of each page. */
async function readAll(sort: Sort, limit: number, direction: 'next' | 'prev'): Promise<[number[], number[]]> {
  const pages: (readonly Row[])[] = [];
  let keys: SortKeys | undefined = [];
  while (keys !== undefined) {
    const { rows, hasMore } = await read(sort, { limit, from: { keys, direction } });
    if (direction === 'next') pages.push(rows);
    else pages.unshift(rows);
    keys = hasMore ? rows.at(direction === 'next' ? -1 : 0)?.keys : undefined;
  }
  return [pages.flat().map(({ id }) => id), pages.map(({ length }) => length)];
}

async function inOrder({ descending, nulls }: Sort): Promise<number[]> {
  const direction = descending ? 'DESC' : 'ASC';
  const { rows } = await database.pool.query<{ id: number }>(
    `SELECT id FROM dues WHERE list = 1 ORDER BY due ${direction} NULLS ${nulls}, id ${direction}`,
  );
  return rows.map(({ id }) => id);
}

beforeAll(async () => {
  await database.pool.query(
    'CREATE TABLE dues (id int PRIMARY KEY, list int NOT NULL, due date); CREATE INDEX dues_idx ON dues (list, due, id)',
  );
});

afterAll(async () => {
  await database.drop();
});

describe('A list that is sorted by a nullable column', () => {
  it('has every row once and in order on its pages, read in both directions', async () => {
    const dues = fc.array(fc.option(fc.constantFrom('2026-01-01', '2026-01-02', '2026-02-28'), { freq: 3 }), {
      maxLength: 25,
    });
    await fc.assert(
      fc.asyncProperty(dues, fc.integer({ min: 1, max: 9 }), fc.constantFrom(...sorts), async (rows, limit, sort) => {
        await database.pool.query('TRUNCATE dues');
        await database.pool.query(
          `INSERT INTO dues SELECT (n * 37) % 101, 1, due::date FROM unnest($1::text[]) WITH ORDINALITY AS made (due, n)`,
          [rows],
        );
        await database.pool.query(`INSERT INTO dues VALUES (1001, 2, NULL), (1002, 2, '2026-01-01')`);
        const expected = await inOrder(sort);

        for (const direction of ['next', 'prev'] as const) {
          const [ids, sizes] = await readAll(sort, limit, direction);
          expect(ids).toEqual(expected);
          expect(sizes.filter((size) => size !== limit).length).toBeLessThanOrEqual(1);
        }
        const { rows: first } = await read(sort, { limit });
        expect(first.map(({ id }) => id)).toEqual(expected.slice(0, limit));
        const { rows: third } = await read(sort, { limit, skip: 2 * limit });
        expect(third.map(({ id }) => id)).toEqual(expected.slice(2 * limit, 3 * limit));
      }),
      { numRuns: 150, seed },
    );
  });

  it('combines conditions with OR as one condition', async () => {
    await database.pool.query(
      `TRUNCATE dues; INSERT INTO dues VALUES (1, 1, '2026-01-01'), (2, 2, NULL), (3, 3, NULL)`,
    );
    const sort = { descending: false, nulls: 'last' } as const;
    const { text, values } = pageOf(sort, { limit: 9 }, Prisma.sql`list = 1 OR list = 2`);

    expect((await database.pool.query<Row>(text, values)).rows.map(({ id }) => id)).toEqual([1, 2]);
  });

  it('continues after a row that was deleted, with a value and without', async () => {
    await database.pool.query('TRUNCATE dues');
    await database.pool.query(
      `INSERT INTO dues VALUES (1, 1, '2026-01-01'), (2, 1, '2026-01-01'), (3, 1, NULL), (4, 1, NULL), (5, 1, NULL)`,
    );
    const sort = { descending: false, nulls: 'last' } as const;
    await database.pool.query('DELETE FROM dues WHERE id IN (2, 4)');

    const idsFrom = async (keys: SortKeys, direction: 'next' | 'prev'): Promise<number[]> => {
      const { rows } = await read(sort, { limit: 9, from: { keys, direction } });
      return rows.map(({ id }) => id);
    };
    expect(await idsFrom(['2026-01-01', '2'], 'next')).toEqual([3, 5]);
    expect(await idsFrom([null, '4'], 'next')).toEqual([5]);
    expect(await idsFrom([null, '4'], 'prev')).toEqual([1, 3]);
    expect(await idsFrom(['2026-01-01', '2'], 'prev')).toEqual([1]);
  });

  it.each(['force_custom_plan', 'force_generic_plan'])(
    'reads few pages of its index for each page: %s',
    async (mode) => {
      await database.pool.query('TRUNCATE dues');
      await database.pool.query(
        `INSERT INTO dues SELECT n, n % 2, CASE WHEN n % 4 < 2 THEN date '2000-01-01' + n / 400 END
       FROM generate_series(1, 200000) AS n`,
      );
      await database.pool.query('VACUUM ANALYZE dues');
      const positions: readonly SortKeys[] = [[], ['2000-05-01', '60001'], [null, '100003']];
      const client = await database.pool.connect();
      await client.query(`SET plan_cache_mode = ${mode}`);
      const found = [];
      for (const sort of sorts) {
        for (const keys of positions) {
          for (const direction of ['next', 'prev'] as const) {
            const { text, values } = pageOf(sort, { limit: 20, from: { keys, direction } });
            await client.query(`PREPARE page AS ${text}`);
            const { pages, scanned } = await pagesRead(
              client,
              `EXECUTE page (${values.map((value) => `'${String(value)}'`).join()})`,
            );
            await client.query('DEALLOCATE page');
            // A scan of a whole range, or a sort of it, would read hundreds.
            if (pages > 30 || scanned.length > 0) found.push({ sort, keys, direction, pages, scanned });
          }
        }
      }
      client.release(true);

      expect(found).toEqual([]);
    },
  );
});

describe('A list with filters on several columns', () => {
  it('combines conditions with OR as one condition', async () => {
    await database.pool.query(`TRUNCATE dues; INSERT INTO dues VALUES (1, 1, '2026-01-01'), (2, 2, '2026-01-01')`);
    const rows = {
      table: Prisma.sql`dues`,
      filters: [],
      each: { column: Prisma.sql`list::text`, values: ['1'] },
      conditions: Prisma.sql`due IS NULL OR due IS NOT NULL`,
    };
    const order = { columns: [{ sql: Prisma.sql`id`, type: Prisma.sql`int` }], descending: false };
    const page = Prisma.sql`SELECT id ${keyedPage([rows], order, { limit: 9 })}`;
    const all = Prisma.sql`SELECT count(*)::int AS count ${keyedRows([rows])}`;

    expect((await database.pool.query<{ id: number }>(page.text, page.values)).rows).toEqual([{ id: 1 }]);
    expect((await database.pool.query<{ count: number }>(all.text, all.values)).rows).toEqual([{ count: 1 }]);
  });
});
