import { describe, expect, it } from '@jest/globals';
import { IdempotencyRecords, idempotencyKey } from '../../harness/database/idempotency-records.ts';
import { JobTables } from '../../harness/database/job-tables.ts';
import { thingsApp } from '../../harness/app/things-app.ts';
import { handlerCalls } from '../../harness/app/things-fixture.ts';

const { api: anonymous, factory, database } = await thingsApp();
const kept = new IdempotencyRecords(database);
const jobs = new JobTables(database);
const user = await factory.user({ roles: [] });
const admin = await factory.admin();
const api = anonymous.as(user);

describe('A keyed request that fails', () => {
  it.each([
    ['refuse', 'test-thing-refused', 409],
    ['crash', 'internal-error', 500],
  ])('with the failure %s stores nothing and releases its key', async (fault, slug, status) => {
    const header = idempotencyKey();
    const name = `after ${fault}`;
    const failed = await api.post('/v1/things', { name, fault }, header);
    const again = await api.post('/v1/things', { name, fault }, header);
    const other = await api.post('/v1/things', { name }, header);

    for (const reply of [failed, again]) {
      expect(reply).toBeProblem(slug, status);
      expect(reply.headers['idempotency-replayed']).toBeUndefined();
    }
    expect(other.status).toBe(201);
    expect(await kept.things(name)).toBe(1);
    expect(await kept.records(header['Idempotency-Key'])).toHaveLength(1);
  });

  it('in validation releases its key', async () => {
    const header = idempotencyKey();
    expect(await api.post('/v1/things', { name: '' }, header)).toBeProblem('validation-failed', 422);
    expect((await api.post('/v1/things', { name: 'valid now' }, header)).status).toBe(201);
  });

  it('with a 4xx that the handler commits is replayed like a success', async () => {
    const header = idempotencyKey();
    const body = { name: 'committed refusal', fault: 'commit-refusal' };
    const first = await api.post('/v1/things', body, header);
    const again = await api.post('/v1/things', body, header);

    expect([first.status, again.status]).toEqual([409, 409]);
    expect(again.text).toBe(first.text);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(await kept.things(body.name)).toBe(1);
  });

  it('with a 5xx that the handler returns is rolled back', async () => {
    const header = idempotencyKey();
    const body = { name: 'returns 503', fault: 'return-503' };
    const first = await api.post('/v1/things', body, header);
    const again = await api.post('/v1/things', body, header);

    expect([first.status, again.status]).toEqual([503, 503]);
    expect(again.headers['idempotency-replayed']).toBeUndefined();
    expect(await kept.things(body.name)).toBe(0);
    expect(await kept.records(header['Idempotency-Key'])).toEqual([]);
  });

  it('commits the record of a denial all the same', async () => {
    const header = idempotencyKey();
    const reply = await api.post('/v1/things', { name: 'forbidden', fault: 'forbid' }, header);

    expect(reply).toBeProblem('forbidden', 403);
    expect(reply.headers['location']).toBeUndefined();
    expect(await kept.things('forbidden')).toBe(0);
    const written = (await factory.auditEvents({ event: 'authz_fail' })).filter(
      (event) => event['actor_id'] === user.id,
    );
    expect(written).toMatchObject([{ outcome: 'failure', request_id: reply.headers['x-request-id'] }]);
  });
});

describe('A keyed request with a serialization failure', () => {
  it('is executed again as a whole, without effects of the failed attempts', async () => {
    const header = idempotencyKey();
    const before = handlerCalls.count;
    const body = { name: 'two conflicts', conflicts: 2 };
    const first = await api.post('/v1/things', body, header);
    const again = await api.post('/v1/things', body, header);

    expect(first.status).toBe(201);
    expect(handlerCalls.count - before).toBe(3);
    expect(again.text).toBe(first.text);
    expect(await kept.things(body.name)).toBe(1);
  });
});

describe('The effect of a keyed request', () => {
  it('commits in one transaction: row, record and job, and the job starts at once', async () => {
    const header = idempotencyKey();
    const reply = await api.post('/v1/things', { name: 'with a job', fault: 'enqueue' }, header);
    await api.post('/v1/things', { name: 'with a job', fault: 'enqueue' }, header);

    expect(reply.status).toBe(201);
    const find = async (): Promise<{ id: string }[]> =>
      (await database.pool.query<{ id: string }>(`SELECT id FROM jobs WHERE payload ->> 'key' = 'with a job'`)).rows;
    const [job] = await find();
    expect(await find()).toHaveLength(1);
    await jobs.reach(job?.id ?? '', 'succeeded');
    const { rows } = await database.pool.query(
      `SELECT DISTINCT xmin::text FROM (
         SELECT xmin FROM things WHERE name = 'with a job' UNION ALL
         SELECT xmin FROM idempotency_records WHERE key = $1
       ) AS written`,
      [header['Idempotency-Key']],
    );
    expect(rows).toHaveLength(1);
  });

  it('is audited once', async () => {
    const target = await factory.user();
    const header = { ...idempotencyKey(), 'If-Match': '*' };
    const change = { displayName: 'Renamed' };
    const first = await anonymous.as(admin).patch(`/v1/users/${target.id}`, change, header);
    const again = await anonymous.as(admin).patch(`/v1/users/${target.id}`, change, header);

    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.text).toBe(first.text);
    expect(await factory.auditEvents({ subjectId: target.id, event: 'user_updated' })).toHaveLength(1);
  });

  it('deletes once and is replayed', async () => {
    const target = await factory.user();
    const header = { ...idempotencyKey(), 'If-Match': '*' };
    const first = await anonymous.as(admin).delete(`/v1/users/${target.id}`, header);
    const again = await anonymous.as(admin).delete(`/v1/users/${target.id}`, header);
    const unkeyed = await anonymous.as(admin).delete(`/v1/users/${target.id}`, { 'If-Match': '*' });

    expect([first.status, again.status]).toEqual([204, 204]);
    expect(unkeyed).toBeProblem('not-found', 404);
  });
});

describe('A request without a key', () => {
  it('stores no record', async () => {
    const before = await kept.count();
    await api.post('/v1/things', { name: 'unkeyed' });
    await api.post('/v1/things', { name: 'unkeyed' });

    expect(await kept.things('unkeyed')).toBe(2);
    expect(await kept.count()).toBe(before);
  });
});
