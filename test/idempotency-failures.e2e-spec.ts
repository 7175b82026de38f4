import { describe, expect, it } from '@jest/globals';
import { start } from './support/app.ts';
import { Kept, keyed } from './support/keys.ts';
import { effectsTable } from './support/test-jobs.ts';
import { Jobs } from './support/jobs.ts';
import { seen, thingsTable, ThingsModule } from './support/things.ts';

const { api: nobody, given, database } = await start({}, [ThingsModule]);
await database.pool.query(`${thingsTable}; ${effectsTable}`);
const kept = new Kept(database);
const jobs = new Jobs(database);
const user = await given.user();
const admin = await given.admin();
const api = nobody.as(user);

describe('A keyed request that fails', () => {
  it.each([
    ['refuse', 'test-thing-refused', 409],
    ['crash', 'internal-error', 500],
  ])('I9: by the fault %s leaves nothing, and its key is free', async (fault, slug, status) => {
    const header = keyed();
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

  it('I9: in validation leaves its key free', async () => {
    const header = keyed();
    expect(await api.post('/v1/things', { name: '' }, header)).toBeProblem('validation-failed', 422);
    expect((await api.post('/v1/things', { name: 'valid now' }, header)).status).toBe(201);
  });

  it('I9: with a 4xx that the handler commits is repeated like a success', async () => {
    const header = keyed();
    const body = { name: 'committed refusal', fault: 'commit-refusal' };
    const first = await api.post('/v1/things', body, header);
    const again = await api.post('/v1/things', body, header);

    expect([first.status, again.status]).toEqual([409, 409]);
    expect(again.text).toBe(first.text);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(await kept.things(body.name)).toBe(1);
  });

  it('I9: with a 5xx that the handler returns is rolled back', async () => {
    const header = keyed();
    const body = { name: 'answered 503', fault: 'answer-503' };
    const first = await api.post('/v1/things', body, header);
    const again = await api.post('/v1/things', body, header);

    expect([first.status, again.status]).toEqual([503, 503]);
    expect(again.headers['idempotency-replayed']).toBeUndefined();
    expect(await kept.things(body.name)).toBe(0);
    expect(await kept.records(header['Idempotency-Key'])).toEqual([]);
  });

  it('I14: has a refusal that must be remembered written down all the same', async () => {
    const header = keyed();
    const reply = await api.post('/v1/things', { name: 'forbidden', fault: 'forbid' }, header);

    expect(reply).toBeProblem('forbidden', 403);
    expect(reply.headers['location']).toBeUndefined();
    expect(await kept.things('forbidden')).toBe(0);
    const written = (await given.auditEvents({ event: 'authz_fail' })).filter((event) => event['actor_id'] === user.id);
    expect(written).toMatchObject([{ outcome: 'failure', request_id: reply.headers['x-request-id'] }]);
  });
});

describe('A keyed request that loses against others', () => {
  it('I12: is run again as a whole, with nothing left of the runs that lost', async () => {
    const header = keyed();
    const before = seen.calls;
    const body = { name: 'lost twice', losses: 2 };
    const first = await api.post('/v1/things', body, header);
    const again = await api.post('/v1/things', body, header);

    expect(first.status).toBe(201);
    expect(seen.calls - before).toBe(3);
    expect(again.text).toBe(first.text);
    expect(await kept.things(body.name)).toBe(1);
  });
});

describe('What a keyed request does', () => {
  it('I12: commits together: row, record and job, and the job is begun at once', async () => {
    const header = keyed();
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

  it('I12: is in the audit trail once', async () => {
    const target = await given.user();
    const header = { ...keyed(), 'If-Match': '*' };
    const change = { displayName: 'Renamed' };
    const first = await nobody.as(admin).patch(`/v1/users/${target.id}`, change, header);
    const again = await nobody.as(admin).patch(`/v1/users/${target.id}`, change, header);

    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.text).toBe(first.text);
    expect(await given.auditEvents({ subjectId: target.id, event: 'user_updated' })).toHaveLength(1);
  });

  it('I12: deletes once, and tells whoever repeats it so', async () => {
    const target = await given.user();
    const header = { ...keyed(), 'If-Match': '*' };
    const first = await nobody.as(admin).delete(`/v1/users/${target.id}`, header);
    const again = await nobody.as(admin).delete(`/v1/users/${target.id}`, header);
    const unkeyed = await nobody.as(admin).delete(`/v1/users/${target.id}`, { 'If-Match': '*' });

    expect([first.status, again.status]).toEqual([204, 204]);
    expect(unkeyed).toBeProblem('not-found', 404);
  });
});

describe('A request without a key', () => {
  it('I14: keeps nothing', async () => {
    const before = await kept.count();
    await api.post('/v1/things', { name: 'unkeyed' });
    await api.post('/v1/things', { name: 'unkeyed' });

    expect(await kept.things('unkeyed')).toBe(2);
    expect(await kept.count()).toBe(before);
  });
});
