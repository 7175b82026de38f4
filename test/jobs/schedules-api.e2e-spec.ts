import { beforeAll, describe, expect, it } from '@jest/globals';
import type { CronTimes } from '../../src/platform/queue/scheduling/cron.ts';
import { occurrencesAround } from '../../src/platform/queue/scheduling/cron.ts';
import type { ApiResponse } from '../harness/http/api.ts';
import type { PlacedOperation } from '../harness/openapi/api-document.ts';
import { operations } from '../harness/openapi/api-document.ts';
import { startApp } from '../harness/app/app.ts';
import { ScheduledJobsModule } from '../harness/app/scheduled-jobs.ts';

const { api, factory, database } = await startApp({}, [ScheduledJobsModule]);
const admin = await factory.admin();
const asAdmin = api.as(admin);

const path = '/v1/job-schedules';
const nightly = { type: 'test.open', payload: { key: 'a' }, cron: '30 2 * * *', timezone: 'Europe/Berlin' };

interface Schedule {
  readonly id: string;
  readonly name: string | null;
  readonly nextRunAt: string | null;
}

const schedule = (response: ApiResponse): Schedule => response.body as Schedule;

async function createSchedule(input: object = nightly): Promise<{ id: string; at: string; etag: string }> {
  const response = await asAdmin.post(path, input);
  expect(response.status).toBe(201);
  const { id } = schedule(response);
  return { id, at: `${path}/${id}`, etag: response.headers['etag'] ?? '' };
}

async function findBuiltIn(): Promise<{ at: string; etag: string }> {
  const { rows } = await database.pool.query<{ id: string }>(
    `SELECT id FROM job_schedules WHERE name = 'retention-cleanup'`,
  );
  const at = `${path}/${rows[0]?.id ?? ''}`;
  return { at, etag: (await asAdmin.get(at)).headers['etag'] ?? '' };
}

let builtIn: readonly (Schedule & CronTimes)[] = [];

// No occurrence may change an ETag during the tests.
beforeAll(async () => {
  builtIn = ((await asAdmin.get(path)).body as { data: (Schedule & CronTimes)[] }).data;
  await database.pool.query(`UPDATE job_schedules SET next_run_at = now() + interval '1 day'`);
});

describe('A built-in schedule', () => {
  it('first runs at an occurrence of its cron expression', () => {
    expect(builtIn.map(({ name }) => name).sort()).toEqual(['retention-cleanup', 'rotate-keys']);
    for (const { nextRunAt, ...times } of builtIn) {
      expect(occurrencesAround(times, new Date(nextRunAt ?? 0)).latest.toISOString()).toBe(nextRunAt);
    }
  });
});

describe('POST /v1/job-schedules', () => {
  it('creates a schedule and returns its next occurrence', async () => {
    const response = await asAdmin.post(path, nightly);

    expect(response).toMatchObject({ status: 201, headers: { etag: '"1"', 'cache-control': 'private, no-cache' } });
    const { id } = schedule(response);
    expect(response.headers['location']).toBe(`${path}/${id}`);
    expect(response.body).toEqual({
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
    expect((await asAdmin.get(`${path}/${id}`)).body).toEqual(response.body);
    expect(await factory.auditEvents({ event: 'schedule_created' })).toContainEqual(
      expect.objectContaining({ actor_id: admin.id, outcome: 'success', reason: `schedule ${id} of test.open` }),
    );
  });

  it.each([
    ['an unknown type', { type: 'test.unknown' }, '#/type', 'unknown_job_type'],
    ['an internal type', { type: 'retention.cleanup', payload: {} }, '#/type', 'unknown_job_type'],
    ['a payload that does not match the type', { payload: { key: 7 } }, '#/payload/key', 'is_string'],
    ['a payload with an unknown member', { payload: { key: 'a', more: 1 } }, '#/payload/more', 'unknown_member'],
    ['a payload that is an array', { payload: [] }, '#/payload', 'is_object'],
    ['an invalid cron expression', { cron: '61 * * * *' }, '#/cron', 'is_cron'],
    ['a cron expression that never matches', { cron: '0 0 30 2 *' }, '#/cron', 'is_cron'],
    ['more than once a minute', { cron: '*/30 * * * * *' }, '#/cron', 'too_often'],
    ['an unknown time zone', { timezone: 'Mars/Olympus' }, '#/timezone', 'is_time_zone'],
    ['an offset for a time zone', { timezone: '+02:00' }, '#/timezone', 'is_time_zone'],
    ['an unknown member', { name: 'mine' }, '#/name', 'unknown_member'],
  ])('rejects %s', async (_, part, pointer, code) => {
    const response = await asAdmin.post(path, { ...nightly, ...part });

    expect(response).toBeProblem('validation-failed', 422);
    expect(response.body).toMatchObject({
      errors: expect.arrayContaining([expect.objectContaining({ pointer, code })]),
    });
  });

  it('returns all errors at once', async () => {
    const response = await asAdmin.post(path, { type: 'test.open', payload: {}, cron: 'x', timezone: 'y' });

    const { errors } = response.body as { errors: { pointer: string }[] };
    expect(new Set(errors.map(({ pointer }) => pointer))).toEqual(new Set(['#/payload/key', '#/cron', '#/timezone']));
  });

  it.each([
    [
      { type: 'test.open', payload: {}, cron: 'x', timezone: 7, name: 'mine' },
      ['cron', 'name', 'payload/key', 'timezone'],
    ],
    [{ type: 'test.unknown', cron: 'x', timezone: 'y' }, ['cron', 'payload', 'timezone', 'type']],
    [{ payload: {}, cron: 7, timezone: 'y' }, ['cron', 'timezone', 'type']],
  ])('returns the errors of fields together with those of times and payload: %j', async (body, members) => {
    const response = await asAdmin.post(path, body);

    expect(response).toBeProblem('validation-failed', 422);
    const { errors } = response.body as { errors: { pointer: string }[] };
    expect([...new Set(errors.map(({ pointer }) => pointer))].sort()).toEqual(members.map((member) => `#/${member}`));
  });

  it('returns 403 to a caller who may not create jobs of its type', async () => {
    const response = await asAdmin.post(path, { ...nightly, type: 'test.rare', payload: {} });

    expect(response).toBeProblem('forbidden', 403);
    // The errors of a payload would disclose the schema of its type.
    expect(await asAdmin.post(path, { ...nightly, type: 'test.rare', payload: { key: 7 }, cron: 7 })).toBeProblem(
      'forbidden',
      403,
    );
    expect(await factory.auditEvents({ event: 'authz_fail' })).toContainEqual(
      expect.objectContaining({ actor_id: admin.id, reason: 'missing permission test:none' }),
    );
  });
});

describe('POST /v1/job-schedules/preview', () => {
  const preview = async (times: object): Promise<ApiResponse> => await asAdmin.post(`${path}/preview`, times);
  const countSchedules = async (): Promise<number> =>
    (await database.pool.query('SELECT 1 FROM job_schedules')).rows.length;

  it('returns the next five occurrences, which the scheduler will compute too, and creates nothing', async () => {
    const times = { cron: '*/20 * * * *', timezone: 'Asia/Kolkata' };
    const before = await countSchedules();

    const { status, body } = await preview(times);

    const moments = (body as { occurrences: { at: string }[] }).occurrences.map(({ at }) => new Date(at));
    expect(status).toBe(200);
    expect(moments).toHaveLength(5);
    expect(moments[0]?.getTime()).toBeGreaterThan(Date.now() - 60_000);
    for (const [at, moment] of moments.slice(0, -1).entries())
      expect(occurrencesAround(times, moment).next).toEqual(moments[at + 1]);
    expect(await countSchedules()).toBe(before);
  });

  it.each([
    [{ cron: '61 * * * *', timezone: 'UTC' }, ['#/cron']],
    [{ cron: '*/30 * * * * *', timezone: 'UTC' }, ['#/cron']],
    [{ cron: 'x', timezone: 'Mars/Olympus' }, ['#/cron', '#/timezone']],
    [{ cron: '0 0 30 2 *' }, ['#/cron', '#/timezone']],
    [{ cron: '0 0 * * *', timezone: 'UTC', type: 'test.open' }, ['#/type']],
  ])('rejects %j', async (times, pointers) => {
    const response = await preview(times);

    expect(response).toBeProblem('validation-failed', 422);
    const { errors } = response.body as { errors: { pointer: string }[] };
    expect([...new Set(errors.map(({ pointer }) => pointer))].sort()).toEqual(pointers);
  });

  it('returns 403 without jobs:write', async () => {
    const asUser = api.as(await factory.user({ roles: [] }));

    expect(await asUser.post(`${path}/preview`, { cron: '0 0 * * *', timezone: 'UTC' })).toBeProblem('forbidden', 403);
  });
});

describe('Without jobs:write', () => {
  it.each(['get', 'post', 'patch', 'delete'] as const)(
    '%s returns 403, and 401 without authentication',
    async (method) => {
      const asUser = api.as(await factory.user({ roles: [] }));
      const at = method === 'post' ? path : `${path}/01938c5e-7a80-7000-8000-3f2d6c1b9a04`;

      expect(await asUser[method](at)).toBeProblem('forbidden', 403);
      expect(await api[method](at)).toBeProblem('unauthenticated', 401);
    },
  );
});

describe('GET /v1/job-schedules', () => {
  it('lists by numbered pages, the oldest first', async () => {
    const { id } = await createSchedule();
    const all = (await asAdmin.get(`${path}?perPage=100`)).body as { data: Schedule[]; page: { total: number } };
    const { total } = all.page;

    expect(all.data.map(({ name }) => name)).toContain('retention-cleanup');
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
    const afterLast = await asAdmin.get(`${path}?page=100000`);
    expect(afterLast.body).toEqual({ data: [], page: { page: 100_000, perPage: 20, ...counted, ...end } });
  });

  it('lists by cursors, the oldest first', async () => {
    await createSchedule();
    const { data } = (await asAdmin.get(`${path}?perPage=100`)).body as { data: Schedule[] };
    const ids: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const at: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const response = await asAdmin.get(`${path}?limit=2${at}`);
      const { data: page, page: info } = response.body as { data: Schedule[]; page: { next: string | null } };
      ids.push(...page.map(({ id }) => id));
      cursor = info.next;
    }

    expect(ids).toEqual(data.map(({ id }) => id));
  });

  it.each(['page=0', 'page=-1', 'page=1e1', 'perPage=101', 'perPage=0', 'limit=0', 'limit=1&page=1', 'page=1&page=2'])(
    'rejects %s',
    async (query) => {
      expect(await asAdmin.get(`${path}?${query}`)).toBeProblem('invalid-parameter', 400);
    },
  );
});

describe('GET /v1/job-schedules/{id}', () => {
  it('returns 304 for a current If-None-Match', async () => {
    const { at, etag } = await createSchedule();

    for (const tags of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const response = await asAdmin.get(at, { 'If-None-Match': tags });
      expect(response).toMatchObject({ status: 304, text: '', headers: { etag } });
    }
    expect((await asAdmin.get(at, { 'If-None-Match': '"x"' })).status).toBe(200);
  });

  it('returns 404 for an unknown id', async () => {
    expect(await asAdmin.get(`${path}/01938c5e-7a80-7000-8000-3f2d6c1b9a04`)).toBeProblem('not-found', 404);
    expect(await asAdmin.get(`${path}/x`)).toBeProblem('not-found', 404);
  });
});

describe('PATCH /v1/job-schedules/{id}', () => {
  it('returns the errors of fields together with those of times', async () => {
    const { at, etag } = await createSchedule();

    const response = await asAdmin.patch(at, { cron: 'x', timezone: 'y', paused: 'no' }, { 'If-Match': etag });

    expect(response).toBeProblem('validation-failed', 422);
    const { errors } = response.body as { errors: { pointer: string }[] };
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual(['#/cron', '#/paused', '#/timezone']);
  });

  it('changes the given fields alone, and returns a new ETag', async () => {
    const { id, at, etag } = await createSchedule();

    const response = await asAdmin.patch(at, { cron: '0 4 * * *', timezone: 'UTC' }, { 'If-Match': etag });

    expect(response).toMatchObject({ status: 200, headers: { etag: '"2"' } });
    expect(response.body).toMatchObject({ ...nightly, cron: '0 4 * * *', timezone: 'UTC', paused: false });
    expect(schedule(response).nextRunAt).toMatch(/T04:00:00\.000Z$/);
    const events = await factory.auditEvents({ event: 'schedule_updated' });
    expect(events.at(-1)).toMatchObject({ reason: `schedule ${id} of test.open: cron, timezone` });
  });

  it('pauses and resumes, without a job for the time of the pause', async () => {
    const { id, at } = await createSchedule({ ...nightly, cron: '* * * * *' });

    const paused = await asAdmin.patch(at, { paused: true }, { 'If-Match': '*' });
    await database.pool.query(`UPDATE job_schedules SET paused_at = now() - interval '1 day' WHERE id = $1`, [id]);
    const again = await asAdmin.patch(at, { paused: false }, { 'If-Match': '*' });

    expect(paused.body).toMatchObject({ paused: true, nextRunAt: null });
    expect(again.body).toMatchObject({ paused: false });
    expect(Date.parse(schedule(again).nextRunAt ?? '')).toBeGreaterThan(Date.now() - 5000);
  });

  it('requires a recent authentication to resume exports, or to change their payload', async () => {
    const { at } = await createSchedule({ ...nightly, type: 'users.export', payload: { format: 'csv' } });
    expect((await asAdmin.patch(at, { paused: true }, { 'If-Match': '*' })).status).toBe(200);
    const { refreshToken } = await api.logIn(admin);
    const age = `UPDATE sessions SET auth_time = auth_time + $2::interval WHERE user_id = $1`;
    await database.pool.query(age, [admin.id, '-11 min']);
    const refreshed = (await api.post('/v1/auth/refresh', { refreshToken })).body as { accessToken: string };
    await database.pool.query(age, [admin.id, '11 min']);
    const headers = { Authorization: `Bearer ${refreshed.accessToken}`, 'If-Match': '*' };

    for (const change of [{ paused: false }, { payload: { format: 'ndjson' } }]) {
      expect(await api.patch(at, change, headers)).toBeProblem('reauthentication-required', 401);
    }
    expect((await asAdmin.get(at)).body).toMatchObject({ paused: true, payload: { format: 'csv' } });
    expect((await api.patch(at, { cron: '0 4 * * *' }, headers)).status).toBe(200);
    expect((await asAdmin.patch(at, { paused: false }, { 'If-Match': '*' })).status).toBe(200);
  });

  it('accepts a new payload that matches the type', async () => {
    const { at } = await createSchedule();

    const response = await asAdmin.patch(at, { payload: { key: 'b' } }, { 'If-Match': '*' });

    expect(response.body).toMatchObject({ payload: { key: 'b' } });
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
  ])('rejects an invalid %s', async (_, change, pointer) => {
    const { at, etag } = await createSchedule();

    const response = await asAdmin.patch(at, change, { 'If-Match': etag });

    expect(response).toBeProblem('validation-failed', 422);
    expect(response.body).toMatchObject({ errors: expect.arrayContaining([expect.objectContaining({ pointer })]) });
    expect((await asAdmin.get(at)).headers['etag']).toBe(etag);
  });

  it('requires If-Match, after validation and before any change', async () => {
    const { at } = await createSchedule();

    expect(await asAdmin.patch(at, { paused: true })).toBeProblem('precondition-required', 428);
    expect(await asAdmin.patch(at, { paused: 1 })).toBeProblem('validation-failed', 422);
    expect((await asAdmin.get(at)).body).toMatchObject({ paused: false });
  });

  it.each(['"2"', 'W/"2"', '1', '"x"', '"01"'])('rejects If-Match: %s for version 1', async (tag) => {
    const { at } = await createSchedule();

    expect(await asAdmin.patch(at, { paused: true }, { 'If-Match': tag })).toBeProblem('precondition-failed', 412);
    expect((await asAdmin.get(at)).body).toMatchObject({ paused: false });
  });

  it('accepts exactly one of many concurrent changes of the same version', async () => {
    const { at, etag } = await createSchedule();

    const responses = await Promise.all(
      Array.from(
        { length: 100 },
        async (_, n) => await asAdmin.patch(at, { cron: `${n % 60} 4 * * *` }, { 'If-Match': etag }),
      ),
    );

    const statuses = responses.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 412)).toHaveLength(99);
    expect((await asAdmin.get(at)).headers['etag']).toBe('"2"');
  });

  it('changes the times of a built-in schedule and pauses it, but rejects another payload', async () => {
    const { at, etag } = await findBuiltIn();

    const retimed = await asAdmin.patch(at, { cron: '0 3 * * *', paused: true }, { 'If-Match': etag });
    const refused = await asAdmin.patch(at, { payload: { batch: 1 } }, { 'If-Match': '*' });

    expect(retimed).toMatchObject({
      status: 200,
      body: { name: 'retention-cleanup', cron: '0 3 * * *', paused: true },
    });
    expect(refused).toBeProblem('built-in-schedule', 409);
  });
});

describe('DELETE /v1/job-schedules/{id}', () => {
  it('deletes a schedule once', async () => {
    const { id, at, etag } = await createSchedule();

    expect((await asAdmin.delete(at, { 'If-Match': etag })).status).toBe(204);

    expect(await asAdmin.get(at)).toBeProblem('not-found', 404);
    expect(await asAdmin.delete(at, { 'If-Match': etag })).toBeProblem('not-found', 404);
    const events = await factory.auditEvents({ event: 'schedule_deleted' });
    expect(events.map(({ reason }) => reason)).toEqual([`schedule ${id} of test.open`]);
  });

  it('requires a current If-Match', async () => {
    const { at } = await createSchedule();

    expect(await asAdmin.delete(at)).toBeProblem('precondition-required', 428);
    expect(await asAdmin.delete(at, { 'If-Match': '"7"' })).toBeProblem('precondition-failed', 412);
    expect((await asAdmin.get(at)).status).toBe(200);
  });

  it('rejects a built-in schedule', async () => {
    const { at } = await findBuiltIn();

    expect(await asAdmin.delete(at, { 'If-Match': '*' })).toBeProblem('built-in-schedule', 409);
    expect((await asAdmin.get(at)).status).toBe(200);
  });
});

describe('The API document', () => {
  it('describes the headers and the problems of schedules', () => {
    const find = (id: string): PlacedOperation | undefined => operations.find(({ operationId }) => operationId === id);

    expect(find('updateJobSchedule')?.parameters).toContainEqual(
      expect.objectContaining({ name: 'If-Match', required: true }),
    );
    expect(find('deleteJobSchedule')?.parameters).toContainEqual(expect.objectContaining({ name: 'If-Match' }));
    expect(find('getJobSchedule')?.parameters).toContainEqual(expect.objectContaining({ name: 'If-None-Match' }));
    for (const status of ['200', '404', '409', '412', '422', '428']) {
      expect(find('updateJobSchedule')?.responses).toHaveProperty([status]);
    }
    expect(find('getJobSchedule')?.responses).toHaveProperty(['304']);
  });
});
