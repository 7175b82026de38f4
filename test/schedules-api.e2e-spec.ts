import { beforeAll, describe, expect, it } from '@jest/globals';
import type { CronTimes } from '../src/queue/cron.ts';
import { ticksAround } from '../src/queue/cron.ts';
import type { Reply } from './support/api.ts';
import type { PlacedOperation } from './support/api-document.ts';
import { operations } from './support/api-document.ts';
import { start } from './support/app.ts';
import { OpenJobsModule } from './support/open-jobs.ts';

const { api, given, database } = await start({}, [OpenJobsModule]);
const admin = await given.admin();
const asAdmin = api.as(admin);

const path = '/v1/job-schedules';
const nightly = { type: 'test.open', payload: { key: 'a' }, cron: '30 2 * * *', timezone: 'Europe/Berlin' };

interface Schedule {
  readonly id: string;
  readonly name: string | null;
  readonly nextRunAt: string | null;
}

const schedule = (reply: Reply): Schedule => reply.body as Schedule;

async function made(wish: object = nightly): Promise<{ id: string; at: string; etag: string }> {
  const reply = await asAdmin.post(path, wish);
  expect(reply.status).toBe(201);
  const { id } = schedule(reply);
  return { id, at: `${path}/${id}`, etag: reply.headers['etag'] ?? '' };
}

async function shipped(): Promise<{ at: string; etag: string }> {
  const { rows } = await database.pool.query<{ id: string }>(`SELECT id FROM job_schedules WHERE name = 'reap'`);
  const at = `${path}/${rows[0]?.id ?? ''}`;
  return { at, etag: (await asAdmin.get(at)).headers['etag'] ?? '' };
}

let asShipped: readonly (Schedule & CronTimes)[] = [];

// Nothing ticks while its ETag is talked about.
beforeAll(async () => {
  asShipped = ((await asAdmin.get(path)).body as { data: (Schedule & CronTimes)[] }).data;
  await database.pool.query(`UPDATE job_schedules SET next_run_at = now() + interval '1 day'`);
});

describe('A schedule that ships with the service', () => {
  it('runs at a tick of its cron expression, from the first time on', () => {
    expect(asShipped.map(({ name }) => name).sort()).toEqual(['reap', 'rotate-keys']);
    for (const { nextRunAt, ...times } of asShipped) {
      expect(ticksAround(times, new Date(nextRunAt ?? 0)).latest.toISOString()).toBe(nextRunAt);
    }
  });
});

describe('POST /v1/job-schedules', () => {
  it('makes a schedule and tells when it runs', async () => {
    const reply = await asAdmin.post(path, nightly);

    expect(reply).toMatchObject({ status: 201, headers: { etag: '"1"', 'cache-control': 'private, no-cache' } });
    const { id } = schedule(reply);
    expect(reply.headers['location']).toBe(`${path}/${id}`);
    expect(reply.body).toEqual({
      ...nightly,
      id,
      name: null,
      paused: false,
      nextRunAt: expect.stringMatching(/T0[01]:30:00\.000Z$/),
      lastRunAt: null,
      ownerId: admin.id,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
    expect((await asAdmin.get(`${path}/${id}`)).body).toEqual(reply.body);
    expect(await given.auditEvents({ event: 'schedule_created' })).toContainEqual(
      expect.objectContaining({ actor_id: admin.id, outcome: 'success', reason: `schedule ${id} of test.open` }),
    );
  });

  it.each([
    ['a type that nobody knows', { type: 'nobody.knows' }, '#/type', 'unknown_job_type'],
    [
      'a type that the service keeps to itself',
      { type: 'maintenance.reap', payload: {} },
      '#/type',
      'unknown_job_type',
    ],
    ['a payload that the type does not take', { payload: { key: 7 } }, '#/payload/key', 'is_string'],
    ['a payload with more than that', { payload: { key: 'a', more: 1 } }, '#/payload/more', 'unknown_member'],
    ['a payload that is a list', { payload: [] }, '#/payload', 'is_object'],
    ['a cron expression that is none', { cron: '61 * * * *' }, '#/cron', 'is_cron'],
    ['a cron expression that never matches', { cron: '0 0 30 2 *' }, '#/cron', 'is_cron'],
    ['more than once a minute', { cron: '*/30 * * * * *' }, '#/cron', 'too_often'],
    ['an unknown time zone', { timezone: 'Mars/Olympus' }, '#/timezone', 'is_time_zone'],
    ['an offset for a time zone', { timezone: '+02:00' }, '#/timezone', 'is_time_zone'],
    ['an unknown member', { name: 'mine' }, '#/name', 'unknown_member'],
  ])('refuses %s', async (_, part, pointer, code) => {
    const reply = await asAdmin.post(path, { ...nightly, ...part });

    expect(reply).toBeProblem('validation-failed', 422);
    expect(reply.body).toMatchObject({ errors: expect.arrayContaining([expect.objectContaining({ pointer, code })]) });
  });

  it('tells of everything that is wrong at once', async () => {
    const reply = await asAdmin.post(path, { type: 'test.open', payload: {}, cron: 'x', timezone: 'y' });

    const { errors } = reply.body as { errors: { pointer: string }[] };
    expect(new Set(errors.map(({ pointer }) => pointer))).toEqual(new Set(['#/payload/key', '#/cron', '#/timezone']));
  });

  it('refuses who may not start such jobs at once', async () => {
    const reply = await asAdmin.post(path, { ...nightly, type: 'test.rare', payload: {} });

    expect(reply).toBeProblem('forbidden', 403);
    expect(await given.auditEvents({ event: 'authz_fail' })).toContainEqual(
      expect.objectContaining({ actor_id: admin.id, reason: 'missing permission nobody:has' }),
    );
  });
});

describe('Without jobs:write', () => {
  it.each(['get', 'post', 'patch', 'delete'] as const)('%s is refused', async (method) => {
    const asUser = api.as(await given.user());
    const at = method === 'post' ? path : `${path}/01938c5e-7a80-7000-8000-3f2d6c1b9a04`;

    expect(await asUser[method](at)).toBeProblem('forbidden', 403);
    expect(await api[method](at)).toBeProblem('unauthenticated', 401);
  });
});

describe('GET /v1/job-schedules', () => {
  it('lists by numbered pages, the oldest first', async () => {
    const { id } = await made();
    const all = (await asAdmin.get(`${path}?perPage=100`)).body as { data: Schedule[]; page: { total: number } };
    const { total } = all.page;

    expect(all.data.map((one) => one.name)).toContain('reap');
    expect(all.data.at(-1)?.id).toBe(id);
    const counted = { total, totalIsExact: true };
    const alone = { next: null, prev: null, hasMore: false };
    expect(all.page).toEqual({ page: 1, perPage: 100, ...counted, ...alone });
    const cursor = expect.any(String);
    const first = await asAdmin.get(`${path}?perPage=1`);
    const more = { next: cursor, prev: null, hasMore: true };
    expect(first.body).toEqual({ data: [all.data[0]], page: { page: 1, perPage: 1, ...counted, ...more } });
    const last = await asAdmin.get(`${path}?perPage=1&page=${total}`);
    const end = { ...alone, prev: cursor };
    expect(last.body).toEqual({ data: [all.data.at(-1)], page: { page: total, perPage: 1, ...counted, ...end } });
    const beyond = await asAdmin.get(`${path}?page=100000`);
    expect(beyond.body).toEqual({ data: [], page: { page: 100_000, perPage: 20, ...counted, ...end } });
  });

  it('lists by cursors, the oldest first', async () => {
    await made();
    const { data } = (await asAdmin.get(`${path}?perPage=100`)).body as { data: Schedule[] };
    const ids: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const at: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const reply = await asAdmin.get(`${path}?limit=2${at}`);
      const { data: page, page: info } = reply.body as { data: Schedule[]; page: { next: string | null } };
      ids.push(...page.map(({ id }) => id));
      cursor = info.next;
    }

    expect(ids).toEqual(data.map(({ id }) => id));
  });

  it.each(['page=0', 'page=-1', 'page=1e1', 'perPage=101', 'perPage=0', 'limit=0', 'limit=1&page=1', 'page=1&page=2'])(
    'refuses %s',
    async (query) => {
      expect(await asAdmin.get(`${path}?${query}`)).toBeProblem('parameter-invalid', 400);
    },
  );
});

describe('GET /v1/job-schedules/{id}', () => {
  it('answers 304 to who has it already', async () => {
    const { at, etag } = await made();

    for (const held of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const reply = await asAdmin.get(at, { 'If-None-Match': held });
      expect(reply).toMatchObject({ status: 304, text: '', headers: { etag } });
    }
    expect((await asAdmin.get(at, { 'If-None-Match': '"x"' })).status).toBe(200);
  });

  it('answers 404 for an id that nobody has', async () => {
    expect(await asAdmin.get(`${path}/01938c5e-7a80-7000-8000-3f2d6c1b9a04`)).toBeProblem('not-found', 404);
    expect(await asAdmin.get(`${path}/x`)).toBeProblem('not-found', 404);
  });
});

describe('PATCH /v1/job-schedules/{id}', () => {
  it('changes what is sent and nothing else, and gives a new ETag', async () => {
    const { id, at, etag } = await made();

    const reply = await asAdmin.patch(at, { cron: '0 4 * * *', timezone: 'UTC' }, { 'If-Match': etag });

    expect(reply).toMatchObject({ status: 200, headers: { etag: '"2"' } });
    expect(reply.body).toMatchObject({ ...nightly, cron: '0 4 * * *', timezone: 'UTC', paused: false });
    expect(schedule(reply).nextRunAt).toMatch(/T04:00:00\.000Z$/);
    const events = await given.auditEvents({ event: 'schedule_updated' });
    expect(events.at(-1)).toMatchObject({ reason: `schedule ${id} of test.open: cron, timezone` });
  });

  it('pauses and goes on, without a run for what was paused', async () => {
    const { id, at } = await made({ ...nightly, cron: '* * * * *' });

    const paused = await asAdmin.patch(at, { paused: true }, { 'If-Match': '*' });
    await database.pool.query(`UPDATE job_schedules SET paused_at = now() - interval '1 day' WHERE id = $1`, [id]);
    const again = await asAdmin.patch(at, { paused: false }, { 'If-Match': '*' });

    expect(paused.body).toMatchObject({ paused: true, nextRunAt: null });
    expect(again.body).toMatchObject({ paused: false });
    expect(Date.parse(schedule(again).nextRunAt ?? '')).toBeGreaterThan(Date.now() - 5000);
  });

  it('takes another payload if the type does', async () => {
    const { at } = await made();

    const reply = await asAdmin.patch(at, { payload: { key: 'b' } }, { 'If-Match': '*' });

    expect(reply.body).toMatchObject({ payload: { key: 'b' } });
    const refused = await asAdmin.patch(at, { payload: {} }, { 'If-Match': '*' });
    expect(refused).toBeProblem('validation-failed', 422);
    expect(refused.body).toMatchObject({
      errors: expect.arrayContaining([expect.objectContaining({ pointer: '#/payload/key' })]),
    });
  });

  it.each([
    ['cron', { cron: 'x' }, '#/cron'],
    ['timezone', { timezone: 'x' }, '#/timezone'],
    ['paused', { paused: 'yes' }, '#/paused'],
    ['type', { type: 'test.rare' }, '#/type'],
    ['null', { cron: null }, '#/cron'],
  ])('refuses a bad %s', async (_, change, pointer) => {
    const { at, etag } = await made();

    const reply = await asAdmin.patch(at, change, { 'If-Match': etag });

    expect(reply).toBeProblem('validation-failed', 422);
    expect(reply.body).toMatchObject({ errors: expect.arrayContaining([expect.objectContaining({ pointer })]) });
    expect((await asAdmin.get(at)).headers['etag']).toBe(etag);
  });

  it('wants If-Match, behind validation and before anything happens', async () => {
    const { at } = await made();

    expect(await asAdmin.patch(at, { paused: true })).toBeProblem('precondition-required', 428);
    expect(await asAdmin.patch(at, { paused: 1 })).toBeProblem('validation-failed', 422);
    expect((await asAdmin.get(at)).body).toMatchObject({ paused: false });
  });

  it.each(['"2"', 'W/"2"', '1', '"x"', '"01"'])('refuses If-Match: %s for version 1', async (tag) => {
    const { at } = await made();

    expect(await asAdmin.patch(at, { paused: true }, { 'If-Match': tag })).toBeProblem('precondition-failed', 412);
    expect((await asAdmin.get(at)).body).toMatchObject({ paused: false });
  });

  it('lets exactly one of many win that saw the same', async () => {
    const { at, etag } = await made();

    const replies = await Promise.all(
      Array.from(
        { length: 100 },
        async (_, n) => await asAdmin.patch(at, { cron: `${n % 60} 4 * * *` }, { 'If-Match': etag }),
      ),
    );

    const statuses = replies.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 412)).toHaveLength(99);
    expect((await asAdmin.get(at)).headers['etag']).toBe('"2"');
  });

  it('re-times and pauses what ships with the service, but gives it no other payload', async () => {
    const { at, etag } = await shipped();

    const retimed = await asAdmin.patch(at, { cron: '0 3 * * *', paused: true }, { 'If-Match': etag });
    const refused = await asAdmin.patch(at, { payload: { batch: 1 } }, { 'If-Match': '*' });

    expect(retimed).toMatchObject({ status: 200, body: { name: 'reap', cron: '0 3 * * *', paused: true } });
    expect(refused).toBeProblem('schedule-shipped', 409);
  });
});

describe('DELETE /v1/job-schedules/{id}', () => {
  it('deletes, once', async () => {
    const { id, at, etag } = await made();

    expect((await asAdmin.delete(at, { 'If-Match': etag })).status).toBe(204);

    expect(await asAdmin.get(at)).toBeProblem('not-found', 404);
    expect(await asAdmin.delete(at, { 'If-Match': etag })).toBeProblem('not-found', 404);
    const events = await given.auditEvents({ event: 'schedule_deleted' });
    expect(events.map(({ reason }) => reason)).toEqual([`schedule ${id} of test.open`]);
  });

  it('wants a current If-Match', async () => {
    const { at } = await made();

    expect(await asAdmin.delete(at)).toBeProblem('precondition-required', 428);
    expect(await asAdmin.delete(at, { 'If-Match': '"7"' })).toBeProblem('precondition-failed', 412);
    expect((await asAdmin.get(at)).status).toBe(200);
  });

  it('refuses what ships with the service', async () => {
    const { at } = await shipped();

    expect(await asAdmin.delete(at, { 'If-Match': '*' })).toBeProblem('schedule-shipped', 409);
    expect((await asAdmin.get(at)).status).toBe(200);
  });
});

describe('The document', () => {
  it('names the headers and the problems of schedules', () => {
    const named = (id: string): PlacedOperation | undefined => operations.find(({ operationId }) => operationId === id);

    expect(named('updateJobSchedule')?.parameters).toContainEqual(
      expect.objectContaining({ name: 'If-Match', required: true }),
    );
    expect(named('deleteJobSchedule')?.parameters).toContainEqual(expect.objectContaining({ name: 'If-Match' }));
    expect(named('getJobSchedule')?.parameters).toContainEqual(expect.objectContaining({ name: 'If-None-Match' }));
    for (const status of ['200', '404', '409', '412', '422', '428']) {
      expect(named('updateJobSchedule')?.responses).toHaveProperty([status]);
    }
    expect(named('getJobSchedule')?.responses).toHaveProperty(['304']);
  });
});
