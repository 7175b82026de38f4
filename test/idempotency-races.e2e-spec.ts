import { describe, expect, it } from '@jest/globals';
import type { Reply } from './support/api.ts';
import { start } from './support/app.ts';
import { Kept, keyed } from './support/keys.ts';
import { until } from './support/running.ts';
import { seen, thingsTable, ThingsModule } from './support/things.ts';

const { api: nobody, given, database } = await start({}, [ThingsModule]);
await database.pool.query(thingsTable);
const kept = new Kept(database);
const user = await given.user();
const api = nobody.as(user);

/** Every reply is the one success, a repetition of it, or a 409 that says when to come again. */
function expectOneSuccess(replies: readonly Reply[]): void {
  const answers = replies.filter(({ status }) => status === 201);
  const firsts = answers.filter(({ headers }) => headers['idempotency-replayed'] === undefined);
  expect(firsts).toHaveLength(1);
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  for (const reply of replies.filter(({ status }) => status !== 201)) {
    expect(reply).toBeProblem('idempotency-in-progress', 409);
    expect(reply.headers['retry-after']).toBe('1');
  }
}

describe('A key whose first request runs', () => {
  it('I7: is answered 409 at once, without waiting for the first or holding a connection', async () => {
    const header = keyed();
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

  it('I7: is free again when its caller is gone and the run is rolled back', async () => {
    const header = keyed();
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
  it('I7: leave one row; each is answered as the first or 409', async () => {
    const header = keyed();
    const calls = Array.from({ length: 50 }, async () => await api.post('/v1/things', { name: 'fifty' }, header));

    expectOneSuccess(await Promise.all(calls));
    expect(await kept.things('fifty')).toBe(1);
  });

  it('I11: leave one row more when the record has expired', async () => {
    const header = keyed();
    const old = await api.post('/v1/things', { name: 'expired' }, header);
    await kept.expire(header['Idempotency-Key']);
    const calls = Array.from({ length: 50 }, async () => await api.post('/v1/things', { name: 'expired' }, header));
    const replies = await Promise.all(calls);

    expectOneSuccess(replies);
    expect(replies.map(({ text }) => text)).not.toContain(old.text);
    expect(await kept.things('expired')).toBe(2);
    expect(await kept.records(header['Idempotency-Key'])).toHaveLength(1);
  });
});

describe('A key whose day is over', () => {
  it('I11: stands for a new request, whatever it was', async () => {
    const header = keyed();
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

  it("I11: is over after 24 hours of the database's clock", async () => {
    const header = keyed();
    await api.post('/v1/things', { name: 'a day' }, header);
    const { rows } = await database.pool.query(
      `SELECT expires_at - created_at = interval '24 hours' AS day FROM idempotency_records WHERE key = $1`,
      [header['Idempotency-Key']],
    );
    expect(rows).toEqual([{ day: true }]);
  });
});

describe('Keyed requests that fill the pool', () => {
  it('I7: are known to run without a connection', async () => {
    const before = seen.calls;
    const release = await kept.hold();
    const keys = Array.from({ length: 10 }, () => keyed());
    const things = keys.map((_, n) => ({ name: `held ${n}`, waits: true, fault: 'enqueue' }));
    const calls = keys.map(async (key, n) => await api.post('/v1/things', things[n], key));
    await until('the pool is full', () => seen.calls - before >= 10);

    for (const [n, key] of keys.entries()) {
      const repeated = await api.post('/v1/things', things[n], key);
      expect(repeated).toBeProblem('idempotency-in-progress', 409);
      expect(repeated.headers['retry-after']).toBe('1');
    }
    await release();

    for (const { status } of await Promise.all(calls)) expect(status).toBe(201);
  });

  it('I14: all finish: none needs a second connection while it holds one', async () => {
    const before = seen.calls;
    const release = await kept.hold();
    const calls = Array.from({ length: 30 }, async (_, n) => {
      return await api.post(
        '/v1/things',
        { name: `pool ${n}`, waits: true, fault: n % 2 ? 'forbid' : 'enqueue' },
        keyed(),
      );
    });
    await until('the pool is full', () => seen.calls - before >= 10);
    await release();

    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(statuses).toEqual(Array.from({ length: 30 }, (_, n) => (n % 2 ? 403 : 201)));
  });
});
