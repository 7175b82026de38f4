import { describe, expect, it } from '@jest/globals';
import { IdempotencyRecords, idempotencyKey } from '../../harness/database/idempotency-records.ts';
import { expectOneSuccess } from '../../harness/http/replays.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';
import { thingsApp } from '../../harness/app/things-app.ts';
import { handlerCalls } from '../../harness/app/things-fixture.ts';

const { api: anonymous, factory, database } = await thingsApp();
const kept = new IdempotencyRecords(database);
const user = await factory.user();
const api = anonymous.as(user);

describe('A key whose first request is in progress', () => {
  it('returns 409 at once, without waiting for the first request or a connection', async () => {
    const header = idempotencyKey();
    const body = { name: 'runs', waits: true };
    const release = await kept.hold();
    const first = api.post('/v1/things', body, header);
    await kept.waiting(1);

    const meanwhile = await api.post('/v1/things', body, header);
    const others = await api.post('/v1/things', { name: 'something else' }, header);
    const idle = await database.pool.query(
      `SELECT query FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'
         AND query LIKE '%idem_begin%'`,
    );
    await release();

    expect(meanwhile).toBeProblem('idempotency-in-progress', 409);
    expect(meanwhile.headers['retry-after']).toBe('1');
    expect(others).toBeProblem('idempotency-in-progress', 409);
    expect(idle.rows).toEqual([]);
    const { status, text } = await first;
    expect(status).toBe(201);
    const again = await api.post('/v1/things', body, header);
    expect(again.text).toBe(text);
    expect(await kept.things('runs')).toBe(1);
  });

  it('is released when its client disconnects and the transaction is rolled back', async () => {
    const header = idempotencyKey();
    const body = { name: 'cut', waits: true };
    const release = await kept.hold();
    const first = api.post('/v1/things', body, header);
    await kept.waiting(1);
    await database.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event = 'advisory' AND pid <> pg_backend_pid()`,
    );

    expect(await first).toBeProblem('service-unavailable', 503);
    await release();
    expect((await api.post('/v1/things', body, header)).status).toBe(201);
    expect(await kept.things('cut')).toBe(1);
  });
});

describe('Fifty simultaneous requests with one key', () => {
  it('insert one row; each returns the response of the first or 409', async () => {
    const header = idempotencyKey();
    const calls = Array.from({ length: 50 }, async () => await api.post('/v1/things', { name: 'fifty' }, header));

    expectOneSuccess(await Promise.all(calls), 201);
    expect(await kept.things('fifty')).toBe(1);
  });

  it('insert one more row after the record expired', async () => {
    const header = idempotencyKey();
    const old = await api.post('/v1/things', { name: 'expired' }, header);
    await kept.expire(header['Idempotency-Key']);
    const calls = Array.from({ length: 50 }, async () => await api.post('/v1/things', { name: 'expired' }, header));
    const replies = await Promise.all(calls);

    expectOneSuccess(replies, 201);
    expect(replies.map(({ text }) => text)).not.toContain(old.text);
    expect(await kept.things('expired')).toBe(2);
    expect(await kept.records(header['Idempotency-Key'])).toHaveLength(1);
  });
});

describe('An expired key', () => {
  it('identifies a new request', async () => {
    const header = idempotencyKey();
    await api.post('/v1/things', { name: 'yesterday' }, header);
    const [before] = await kept.records(header['Idempotency-Key']);
    await kept.expire(header['Idempotency-Key']);
    const today = await api.post('/v1/things', { name: 'today' }, header);
    const again = await api.post('/v1/things', { name: 'today' }, header);

    expect(today.status).toBe(201);
    expect(today.headers['idempotency-replayed']).toBeUndefined();
    expect(again.text).toBe(today.text);
    expect([await kept.things('yesterday'), await kept.things('today')]).toEqual([1, 1]);
    const [after] = await kept.records(header['Idempotency-Key']);
    expect(after?.['created_at']).not.toEqual(before?.['created_at']);
  });

  it('expires after 24 hours by the clock of the database', async () => {
    const header = idempotencyKey();
    await api.post('/v1/things', { name: 'a day' }, header);
    const { rows } = await database.pool.query(
      `SELECT expires_at - created_at = interval '24 hours' AS day FROM idempotency_records WHERE key = $1`,
      [header['Idempotency-Key']],
    );
    expect(rows).toEqual([{ day: true }]);
  });
});

describe('Keyed requests that fill the pool', () => {
  it('are recognized as in progress without a connection', async () => {
    const before = handlerCalls.count;
    const release = await kept.hold();
    const keys = Array.from({ length: 10 }, () => idempotencyKey());
    const things = keys.map((_, n) => ({ name: `held ${n}`, waits: true, fault: 'enqueue' }));
    const calls = keys.map(async (key, n) => await api.post('/v1/things', things[n], key));
    await waitUntil('the pool is full', () => handlerCalls.count - before >= 10);

    for (const [n, key] of keys.entries()) {
      const repeated = await api.post('/v1/things', things[n], key);
      expect(repeated).toBeProblem('idempotency-in-progress', 409);
      expect(repeated.headers['retry-after']).toBe('1');
    }
    await release();

    for (const { status } of await Promise.all(calls)) expect(status).toBe(201);
  });

  it('all finish: none needs a second connection', async () => {
    const before = handlerCalls.count;
    const release = await kept.hold();
    const calls = Array.from({ length: 30 }, async (_, n) => {
      return await api.post(
        '/v1/things',
        { name: `pool ${n}`, waits: true, fault: n % 2 ? 'forbid' : 'enqueue' },
        idempotencyKey(),
      );
    });
    await waitUntil('the pool is full', () => handlerCalls.count - before >= 10);
    await release();

    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(statuses).toEqual(Array.from({ length: 30 }, (_, n) => (n % 2 ? 403 : 201)));
  });
});
