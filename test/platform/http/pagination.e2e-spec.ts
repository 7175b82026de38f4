import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, Query } from '@nestjs/common';
import { Public } from '../../../src/platform/http/auth/access.decorators.ts';
import { listStatement } from '../../../src/features/users/users-list.repository.ts';
import type { Api, ApiResponse } from '../../harness/http/api.ts';
import { EnumArrayField } from '../../../src/platform/validation/enum-fields.ts';
import { BooleanField, IntegerField } from '../../../src/platform/validation/fields.ts';
import { startApp } from '../../harness/app/app.ts';

/** Kinds of filters that no list of the service has. */
class FilterQuery {
  @BooleanField({ optional: true, description: 'A flag.' })
  readonly done?: boolean;

  @IntegerField({ min: -100, max: 100, optional: true, description: 'A number.' })
  readonly priority?: number;

  @EnumArrayField(['user', 'admin'], { name: 'FilterRole', max: 2, optional: true, description: 'A list.' })
  readonly roles?: readonly string[];
}

@Controller('things')
class FilteredController {
  @Get()
  @Public()
  list(@Query() query: FilterQuery): object {
    return query;
  }
}

@Module({ controllers: [FilteredController] })
class FilteredModule {}

const { api, factory, database } = await startApp({ PUBLIC_URL: 'https://api.example.com' }, [FilteredModule]);
const admin = await factory.admin({ email: 'zz-admin@example.com', createdAt: '2020-01-01T00:00:00Z' });
const asAdmin = api.as(admin);

interface Page {
  readonly data: { readonly id: string; readonly email: string }[];
  readonly page: {
    readonly next: string | null;
    readonly prev: string | null;
    readonly hasMore: boolean;
    readonly total?: number;
  };
}

const pageOf = (reply: ApiResponse): Page => {
  expect(reply.status).toBe(200);
  return reply.body as Page;
};

/** Follows `next` to the end; `between` runs after every page. */
async function readAllPages(
  path: string,
  between: (page: Page) => Promise<void> = async () => {
    await Promise.resolve();
  },
  reader: Api = asAdmin,
): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const suffix: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const page = pageOf(await reader.get(path + suffix));
    ids.push(...page.data.map(({ id }) => id));
    await between(page);
    cursor = page.page.next;
  }
  return ids;
}

/** 25 users who were created within the same microsecond, and 25 who were created one microsecond apart. */
const sameMoment: string[] = [];
for (let at = 0; at < 50; at += 1) {
  const microsecond = String(at < 25 ? 0 : at).padStart(6, '0');
  const { id } = await factory.user({
    email: `batch${String(at).padStart(2, '0')}@example.com`,
    createdAt: `2024-05-05T05:05:05.${microsecond}Z`,
  });
  sameMoment.push(id);
}

describe('limit', () => {
  it('is 20 by default', async () => {
    expect(pageOf(await asAdmin.get('/v1/users')).data).toHaveLength(20);
  });

  it.each(['1', '100'])('takes %s', async (limit) => {
    expect((await asAdmin.get(`/v1/users?limit=${limit}`)).status).toBe(200);
  });

  it.each(['0', '-1', '101', 'abc', '1e1', '1.0', '', ' 1', '+1', '007', '0x10', '99999999999'])(
    'refuses %j',
    async (limit) => {
      const reply = await asAdmin.get(`/v1/users?limit=${encodeURIComponent(limit)}`);

      expect(reply).toBeProblem('invalid-parameter', 400);
      expect(reply.body).toMatchObject({
        errors: expect.arrayContaining([expect.objectContaining({ parameter: 'limit' })]),
      });
    },
  );
});

describe('cursor', () => {
  const first = async (path: string): Promise<string> => pageOf(await asAdmin.get(path)).page.next ?? '';

  it('is rejected when a character is changed or it is truncated', async () => {
    const cursor = await first('/v1/users?limit=2');

    for (let at = 0; at < cursor.length; at += 1) {
      const changed = cursor.slice(0, at) + (cursor[at] === 'A' ? 'B' : 'A') + cursor.slice(at + 1);
      expect(await asAdmin.get(`/v1/users?limit=2&cursor=${changed}`)).toBeProblem('invalid-cursor', 400);
    }
    expect(await asAdmin.get(`/v1/users?cursor=${cursor.slice(0, -1)}`)).toBeProblem('invalid-cursor', 400);
    expect(await asAdmin.get('/v1/users?cursor=')).toBeProblem('invalid-cursor', 400);
  });

  it('is rejected for another filter, sort or caller', async () => {
    const cursor = await first('/v1/users?limit=2&email=batch');

    expect(await asAdmin.get(`/v1/users?limit=2&cursor=${cursor}`)).toBeProblem('invalid-cursor', 400);
    expect(await asAdmin.get(`/v1/users?limit=2&email=batch0&cursor=${cursor}`)).toBeProblem('invalid-cursor', 400);
    expect(await asAdmin.get(`/v1/users?limit=2&email=batch&sort=email&cursor=${cursor}`)).toBeProblem(
      'invalid-cursor',
      400,
    );
    const other = api.as(await factory.admin());
    expect(await other.get(`/v1/users?limit=2&email=batch&cursor=${cursor}`)).toBeProblem('invalid-cursor', 400);
  });

  it('is valid with another limit', async () => {
    const cursor = await first('/v1/users?limit=2&email=batch');

    expect(pageOf(await asAdmin.get(`/v1/users?limit=7&email=batch&cursor=${cursor}`)).data).toHaveLength(7);
  });
});

describe('Link', () => {
  const linksOf = (reply: ApiResponse): Record<string, string> =>
    Object.fromEntries(
      [...(reply.headers['link'] ?? '').matchAll(/<([^>]+)>; rel="(\w+)"/g)].map(([, url, rel]) => [
        rel ?? '',
        url ?? '',
      ]),
    );

  it('contains absolute URLs of the adjacent pages with the filters', async () => {
    const middle = linksOf(await asAdmin.get('/v1/users?limit=10&email=batch'))['next'] ?? '';
    expect(middle).toMatch(/^https:\/\/api\.example\.com\/v1\/users\?limit=10&email=batch&cursor=/);

    const links = linksOf(await asAdmin.get(middle.replace('https://api.example.com', '')));

    expect(Object.keys(links).sort()).toEqual(['first', 'next', 'prev']);
    expect(links['first']).toBe('https://api.example.com/v1/users?limit=10&email=batch');
    const back = pageOf(await asAdmin.get((links['prev'] ?? '').replace('https://api.example.com', '')));
    expect(back.data).toEqual(pageOf(await asAdmin.get('/v1/users?limit=10&email=batch')).data);
    expect(back.page.prev).toBeNull();
  });

  it('is sent without a total unless the client prefers one', async () => {
    expect(pageOf(await asAdmin.get('/v1/users?email=batch')).page).not.toHaveProperty('total');

    const counted = await asAdmin.get('/v1/users?email=batch', { Prefer: 'return=total-count' });

    expect(pageOf(counted).page).toMatchObject({ total: 50, totalIsExact: true });
    expect(counted.headers['preference-applied']).toBe('return=total-count');
  });
});

describe('paging through all pages', () => {
  it.each(['createdAt', '-createdAt', 'email', '-email'])('returns every row once, sorted by %s', async (sort) => {
    const ids = await readAllPages(`/v1/users?limit=7&email=batch&sort=${sort}`);

    const expected = sort.endsWith('email') ? sameMoment : [...sameMoment.slice(0, 25).sort(), ...sameMoment.slice(25)];
    expect(ids).toEqual(sort.startsWith('-') ? [...expected].reverse() : expected);
  });

  it('comes back the same way', async () => {
    const pages: Page[] = [];
    await readAllPages('/v1/users?limit=8&email=batch', async (page) => {
      pages.push(page);
      await Promise.resolve();
    });
    let prev = pages.at(-1)?.page.prev;
    for (const page of pages.slice(0, -1).reverse()) {
      const back = pageOf(await asAdmin.get(`/v1/users?limit=8&email=batch&cursor=${prev ?? ''}`));
      expect(back.data).toEqual(page.data);
      expect(back.page.hasMore).toBe(true);
      prev = back.page.prev;
    }
    expect(prev).toBeNull();
  });

  it('leads back into the list from a page that became empty, at either end', async () => {
    const list = '/v1/users?limit=2&email=emptied&sort=email';
    const ids: string[] = [];
    for (const at of [0, 1, 2, 3]) ids.push((await factory.user({ email: `emptied${at}@example.com` })).id);
    const remove = async (...deletedIds: (string | undefined)[]): Promise<void> => {
      await database.pool.query('UPDATE users SET deleted_at = now() WHERE id = ANY($1::uuid[])', [deletedIds]);
    };
    const go = async (cursor: string | null | undefined): Promise<Page> =>
      pageOf(await asAdmin.get(`${list}&cursor=${cursor ?? ''}`));
    const first = pageOf(await asAdmin.get(list));
    const second = await go(first.page.next);

    await remove(ids[0], ids[1]);
    const before = await go(second.page.prev);
    expect(before).toMatchObject({ data: [], page: { prev: null, hasMore: true } });
    const beginning = await go(before.page.next);
    expect(beginning).toEqual({ data: second.data, page: { next: null, prev: null, hasMore: false } });

    await remove(ids[3]);
    await factory.user({ email: 'emptied4@example.com' });
    const [next, third] = [pageOf(await asAdmin.get(`${list}&limit=1`.replace('limit=2&', ''))), ids[2]];
    expect(next.data).toMatchObject([{ id: third }]);
    await database.pool.query(`UPDATE users SET deleted_at = now() WHERE email = 'emptied4@example.com'`);
    const single = `${list}&limit=1`.replace('limit=2&', '');
    const emptied = pageOf(await asAdmin.get(`${single}&cursor=${next.page.next ?? ''}`));
    expect(emptied).toMatchObject({ data: [], page: { next: null, hasMore: false } });
    const end = pageOf(await asAdmin.get(`${single}&cursor=${emptied.page.prev ?? ''}`));
    expect(end).toEqual({ data: next.data, page: { next: null, prev: null, hasMore: false } });
  });

  it('continues when the row of the cursor is deleted and others are inserted', async () => {
    const users = await Promise.all(
      Array.from({ length: 30 }, async (_, at) => await factory.user({ email: `paging${at}@example.com` })),
    );
    const deleted = new Set<string>();

    const ids = await readAllPages('/v1/users?limit=4&email=paging&sort=-createdAt', async (page) => {
      const last = page.data.at(-1)?.id ?? '';
      deleted.add(last);
      await database.pool.query('UPDATE users SET deleted_at = now() WHERE id = $1', [last]);
      await factory.user({ email: `paging-late${page.data.length}${last}@example.com` });
    });

    expect(new Set(ids).size).toBe(ids.length);
    for (const { id } of users) if (!deleted.has(id)) expect(ids).toContain(id);
  });
});

describe('page 1,000', () => {
  const from = { '2023': '2023-01-01T05:00:00.000000Z', mail: 'bulk15000@example.com' };

  it.each([
    ['createdAt', from['2023']],
    ['-createdAt', from['2023']],
    ['email', from.mail],
    ['-email', from.mail],
  ] as const)('is the same range of the index as page 1 sorted by %s, without a sort', async (sort, key) => {
    await database.pool.query(
      `INSERT INTO users (id, email, email_normalized, created_at, updated_at)
       SELECT gen_random_uuid(), 'bulk' || n || '@example.com', 'bulk' || n || '@example.com',
         timestamptz '2023-01-01Z' + n * interval '1 s', now() FROM generate_series(1, 20000) n ON CONFLICT DO NOTHING`,
    );
    await database.pool.query('ANALYZE users');
    const keys = sort.endsWith('email') ? [key] : [key, '01938c5e-7a80-7000-8000-3f2d6c1b9a04'];

    const { text, values } = listStatement({ sort }, { limit: 20, from: { keys, direction: 'next' } });
    const { rows } = await database.pool.query<{ 'QUERY PLAN': string }>(`EXPLAIN (ANALYZE) ${text}`, values);

    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toMatch(/Index Scan (Backward )?using users_(live_created_at_idx|email_live_key)/);
    expect(plan).toMatch(/Index Cond: \((ROW|\(email_normalized\)::text [<>])/);
    expect(plan).toMatch(/actual time=[^)]*rows=21/);
    expect(plan).not.toContain('Sort');
  });
});

describe('filters and sorts', () => {
  it.each([
    'sort=id',
    'sort=passwordHash',
    'sort=',
    'status=unknown',
    'role=root',
    'createdAfter=yesterday',
    'createdAfter=2026-02-30T00:00:00Z',
    'createdBefore=12026-01-01T00:00:00Z',
    'id=1',
  ])('reject %s with the name of the parameter', async (query) => {
    const reply = await asAdmin.get(`/v1/users?${query}`);

    expect(reply).toBeProblem('invalid-parameter', 400);
    expect(reply.body).toMatchObject({
      errors: expect.arrayContaining([expect.objectContaining({ parameter: query.split('=')[0] })]),
    });
  });

  it.each<[string, object]>([
    ['done=false', { done: false }],
    ['done=true&priority=-5', { done: true, priority: -5 }],
    ['roles=admin', { roles: ['admin'] }],
    ['roles=admin&roles=user', { roles: ['admin', 'user'] }],
  ])('are read from text: %s', async (query, read) => {
    expect(await api.get(`/v1/things?${query}`)).toMatchObject({ status: 200, body: read });
  });

  it.each(['done=1', 'done=', 'done=true&done=false', 'priority=1e1', 'roles=', 'roles=root', 'roles=user&roles=user'])(
    'reject an invalid value: %s',
    async (query) => {
      const reply = await api.get(`/v1/things?${query}`);

      expect(reply).toBeProblem('invalid-parameter', 400);
      expect(reply.body).toMatchObject({ errors: [{ parameter: query.split('=')[0] }] });
    },
  );

  it('find users by email prefix, role, status and time', async () => {
    const disabled = await factory.user({
      email: 'Find_Me.disabled@example.com',
      disabled: true,
      createdAt: '2019-03-01T00:00:00Z',
    });
    const unverified = await factory.user({
      email: 'find%me@example.com',
      verified: false,
      createdAt: '2019-02-01T00:00:00Z',
    });
    const found = async (query: string): Promise<string[]> =>
      pageOf(await asAdmin.get(`/v1/users?${query}`)).data.map(({ id }) => id);

    expect(await found('email=FIND_')).toEqual([disabled.id]);
    expect(await found('email=find%25')).toEqual([unverified.id]);
    expect(await found('status=disabled')).toEqual([disabled.id]);
    expect(await found('status=unverified&email=find')).toEqual([unverified.id]);
    expect(await found('role=admin&email=zz-')).toEqual([admin.id]);
    expect(await found('createdAfter=2019-01-31T23:59:59Z&createdBefore=2019-03-01T00:00:00Z')).toEqual([
      unverified.id,
    ]);
    expect(await found('createdBefore=2019-02-15T01:00:00%2B01:00&sort=createdAt')).toEqual([unverified.id]);
  });
});

describe('a total', () => {
  const total = async (query: string): Promise<Page['page']> =>
    pageOf(await asAdmin.get(`/v1/users?${query}`, { Prefer: 'return=total-count' })).page;

  it('is exact up to 10,000 and marked as an estimate above', async () => {
    await database.pool.query(
      `INSERT INTO users (id, email, email_normalized, created_at)
       SELECT gen_random_uuid(), 'total' || n || '@example.com', 'total' || n || '@example.com',
         timestamptz '2018-01-01Z' + n * interval '1 s' FROM generate_series(1, 10001) n`,
    );
    await database.pool.query('ANALYZE users');

    const all = await total('email=total');
    const counted = await total('email=total&createdAfter=2018-01-01T00:00:01Z');

    expect(all).toMatchObject({ totalIsExact: false });
    expect(all.total).toBeGreaterThan(10_000);
    expect(counted).toMatchObject({ total: 10_000, totalIsExact: true });
  });

  it('is estimated from the number of users with the requested status', async () => {
    await database.pool.query(
      `INSERT INTO users (id, email, email_normalized, email_verified_at)
       SELECT gen_random_uuid(), 'status' || n || '@example.com', 'status' || n || '@example.com',
         CASE WHEN n % 3 = 0 THEN now() END FROM generate_series(1, 48000) n`,
    );
    await database.pool.query('ANALYZE users');
    const { rows } = await database.pool.query<{ status: string; count: number }>(
      `SELECT CASE WHEN email_verified_at IS NULL THEN 'unverified' ELSE 'active' END AS status, count(*)::int AS count
       FROM users WHERE deleted_at IS NULL AND disabled_at IS NULL GROUP BY 1`,
    );

    for (const { status, count } of rows) {
      const { total: estimate = 0 } = await total(`status=${status}`);
      expect(Math.abs(estimate - count)).toBeLessThan(count / 5);
    }
    expect(rows.map(({ count }) => count > 12_000)).toEqual([true, true]);
  });
});
