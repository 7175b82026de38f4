import { describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import type { Api } from '../../harness/http/api.ts';
import { sharedApp } from '../../harness/app/app.ts';

const { api, factory, database } = await sharedApp();
const asAdmin = api.as(await factory.admin({ email: 'zz-admin@example.com' }));
const asOther = api.as(await factory.admin({ email: 'zz-other@example.com' }));
const timeoutMs = 180_000;

/** A fixed seed; only the timing of other connections differs between runs. */
const seed = 20261122;

interface Page {
  readonly data: { readonly id: string }[];
  readonly page: { readonly next: string | null; readonly prev: string | null };
}

/** A list request. */
interface Listing {
  readonly sort: 'createdAt' | '-createdAt' | 'email' | '-email';
  readonly limit: number;
  readonly filter: string;
}

const listings = fc.record({
  sort: fc.constantFrom('createdAt' as const, '-createdAt' as const, 'email' as const, '-email' as const),
  limit: fc.integer({ min: 1, max: 9 }),
  filter: fc.constantFrom(
    '',
    '&status=active',
    '&role=user',
    '&createdAfter=2024-01-01T00:00:00Z&createdBefore=2025-01-01T00:00:00Z&status=active',
  ),
});

let group = 0;

/** Users whose email addresses have a common prefix, many created in the same microsecond. Returns their ids. */
async function insertUsers(prefix: string, count: number): Promise<string[]> {
  const { rows } = await database.pool.query<{ id: string }>(
    `INSERT INTO users (id, email, email_normalized, email_verified_at, created_at, updated_at)
     SELECT gen_random_uuid(), address, address, now(),
       timestamptz '2024-05-05T05:05:05Z' + floor(random() * 12) * interval '1 microsecond', now()
     FROM (SELECT $1 || gen_random_uuid() || '@example.com' AS address FROM generate_series(1, $2)) made RETURNING id`,
    [prefix, count],
  );
  return rows.map(({ id }) => id);
}

async function remove(id: string, forGood: boolean): Promise<void> {
  const sql = forGood ? 'DELETE FROM users WHERE id = $1' : 'UPDATE users SET deleted_at = now() WHERE id = $1';
  await database.pool.query(sql, [id]);
}

/** Inserts and deletes users of this group on other connections until it is stopped; the group stays small. */
function churn(prefix: string): () => Promise<void> {
  let going = true;
  const change = async (): Promise<void> => {
    const passing: string[] = [];
    for (let at = 0; going; at += 1) {
      passing.push(...(await insertUsers(prefix, 2)));
      while (passing.length > 6) await remove(passing.shift() ?? '', at % 2 === 0);
      await delay(2);
    }
  };
  const changes = Promise.all([change(), change()]);
  return async () => {
    going = false;
    await changes;
  };
}

function pathOf(prefix: string, { sort, limit, filter }: Listing): string {
  return `/v1/users?email=${prefix}&sort=${sort}&limit=${limit}${filter}`;
}

async function read(path: string, cursor: string | null, reader: Api = asAdmin): Promise<Page> {
  const reply = await reader.get(cursor === null ? path : `${path}&cursor=${cursor}`);
  expect(reply.status).toBe(200);
  return reply.body as Page;
}

/** All pages to the end, and from the last one back to the first. `between` runs after each page. */
async function traverseBothWays(path: string, between: (page: Page) => Promise<void>): Promise<[string[], string[]]> {
  const ahead: Page[] = [];
  for (
    let cursor: string | null = null;
    ahead.length === 0 || cursor !== null;
    cursor = ahead.at(-1)?.page.next ?? null
  ) {
    ahead.push(await read(path, cursor));
    await between(ahead.at(-1) as Page);
  }
  const last = ahead.at(-1) as Page;
  const back = [last];
  for (let cursor = last.page.prev; cursor !== null; cursor = back.at(0)?.page.prev ?? null) {
    const page = await read(path, cursor);
    back.unshift(page);
    await between(page);
  }
  return [idsOf(ahead), idsOf(back)];
}

function idsOf(pages: readonly Page[]): string[] {
  return pages.flatMap(({ data }) => data.map(({ id }) => id));
}

/** These users in the order of the list, as PostgreSQL has it. */
async function inOrder(ids: ReadonlySet<string>, { sort }: Listing): Promise<string[]> {
  const column = sort.endsWith('email') ? 'email_normalized' : 'created_at';
  const way = sort.startsWith('-') ? 'DESC' : 'ASC';
  const { rows } = await database.pool.query<{ id: string }>(
    `SELECT id FROM users WHERE id = ANY($1::uuid[]) ORDER BY ${column} ${way}, id ${way}`,
    [[...ids]],
  );
  return rows.map(({ id }) => id);
}

describe('paging through a list forwards and backwards during concurrent inserts and deletes', () => {
  it(
    'returns every row that existed throughout exactly once, in order, even if the rows of its cursors are deleted',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          listings,
          fc.integer({ min: 0, max: 30 }),
          fc.infiniteStream(fc.constantFrom('last', 'first', 'none')),
          async (listing, count, beside) => {
            group += 1;
            const prefix = `paging${group}x`;
            const throughout = new Set(await insertUsers(prefix, count));
            await insertUsers(prefix, 5);
            const stop = churn(prefix);
            const [ahead, back] = await traverseBothWays(pathOf(prefix, listing), async ({ data }) => {
              const [which = 'none'] = beside.take(1);
              const id = which === 'none' ? undefined : data.at(which === 'last' ? -1 : 0)?.id;
              // Half of the rows may be deleted; the others are counted.
              if (id === undefined || throughout.size <= count / 2) return;
              throughout.delete(id);
              await remove(id, which === 'last');
            }).finally(stop);

            const expected = await inOrder(throughout, listing);
            for (const met of [ahead, back]) {
              expect(new Set(met).size).toBe(met.length);
              expect(met.filter((id) => throughout.has(id))).toEqual(expected);
            }
          },
        ),
        { numRuns: 14, seed },
      );
    },
    timeoutMs,
  );
});

describe('a cursor', () => {
  it.each(['createdAt', '-createdAt'])('skips no row within a millisecond, sorted by %s', async (sort) => {
    group += 1;
    const prefix = `paging${group}x`;
    const allIds = await insertUsers(prefix, 25);

    const listing = { sort: sort as Listing['sort'], limit: 1, filter: '' };
    const [ahead, back] = await traverseBothWays(pathOf(prefix, listing), async () => {
      await Promise.resolve();
    });

    expect(ahead).toEqual(await inOrder(new Set(allIds), listing));
    expect(back).toEqual(ahead);
  });
});

describe('an invalid cursor', () => {
  const alphabet = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=.~%+ é\u0000');
  const changes = fc.oneof(
    fc.record({ how: fc.constant('replaced' as const), at: fc.nat(), by: fc.constantFrom(...alphabet) }),
    fc.record({ how: fc.constant('inserted' as const), at: fc.nat(), by: fc.constantFrom(...alphabet) }),
    fc.record({ how: fc.constant('cut' as const), at: fc.nat(), by: fc.constant('') }),
    fc.record({ how: fc.constant('reversed' as const), at: fc.constant(0), by: fc.constant('') }),
  );

  function changed(cursor: string, { how, at, by }: { how: string; at: number; by: string }): string {
    const place = at % cursor.length;
    if (how === 'reversed') return Array.from(cursor).reverse().join('');
    if (how === 'cut') return cursor.slice(0, place);
    return cursor.slice(0, place) + by + cursor.slice(how === 'replaced' ? place + 1 : place);
  }

  it(
    'is rejected with 400 after any modification',
    async () => {
      group += 1;
      const prefix = `paging${group}x`;
      await insertUsers(prefix, 4);
      await fc.assert(
        fc.asyncProperty(listings, changes, async (listing, change) => {
          const path = pathOf(prefix, { ...listing, limit: 2 });
          const cursor = (await read(path, null)).page.next ?? '';
          const other = changed(cursor, change);
          fc.pre(other !== cursor);

          const reply = await asAdmin.get(`${path}&cursor=${encodeURIComponent(other)}`);

          // U+0000 is rejected in any parameter.
          const slug = other.includes('\u0000') ? 'invalid-parameter' : 'invalid-cursor';
          expect(reply).toBeProblem(slug, 400);
        }),
        { numRuns: 120, seed },
      );
    },
    timeoutMs,
  );

  it(
    'is rejected with 400 for any other sort, filter or caller',
    async () => {
      group += 1;
      const prefix = `paging${group}x`;
      await insertUsers(prefix, 4);
      await fc.assert(
        fc.asyncProperty(listings, listings, async (own, other) => {
          fc.pre(own.sort !== other.sort || own.filter !== other.filter);
          const cursor = (await read(pathOf(prefix, { ...own, limit: 2 }), null)).page.next ?? '';

          const elsewhere = await asAdmin.get(`${pathOf(prefix, other)}&cursor=${cursor}`);
          const stolen = await asOther.get(`${pathOf(prefix, own)}&cursor=${cursor}`);

          expect(elsewhere).toBeProblem('invalid-cursor', 400);
          expect(stolen).toBeProblem('invalid-cursor', 400);
        }),
        { numRuns: 40, seed },
      );
    },
    timeoutMs,
  );
});
