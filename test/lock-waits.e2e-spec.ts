import { describe, expect, it } from '@jest/globals';
import { Api } from './support/api.ts';
import { start } from './support/app.ts';
import { createDatabase, newClient } from './support/database.ts';
import { Given } from './support/given.ts';
import { atTheEnd, scratchFolder, ServiceProcess } from './support/process.ts';
import { until } from './support/running.ts';
import { effectsTable } from './support/test-jobs.ts';
import { seen, thingsTable, ThingsModule } from './support/things.ts';

const { api, given, database } = await start({ DATABASE_STATEMENT_TIMEOUT_MS: '1000' }, [ThingsModule]);
await database.pool.query(`${thingsTable}; ${effectsTable}`);
const admin = await given.admin();

/** Holds a lock until the returned function is called. */
async function lock(url: string, sql: string, values: string[] = []): Promise<() => Promise<void>> {
  const client = newClient(url);
  await client.connect();
  await client.query('BEGIN');
  await client.query(sql, values);
  return async () => {
    await client.end();
  };
}

describe('A statement that waits for a lock for too long', () => {
  it.each([
    ['GET /v1/users/me', async (as: Api) => await as.get('/v1/users/me')],
    ['GET /v1/users', async (as: Api) => await as.get('/v1/users')],
    [
      'PATCH /v1/users/me with a key',
      async (as: Api) =>
        await as.patch('/v1/users/me', { displayName: 'Ada' }, { 'If-Match': '*', 'Idempotency-Key': 'lock-waits' }),
    ],
    [
      'POST /v1/auth/login',
      async (as: Api) => await as.post('/v1/auth/login', { email: admin.email, password: admin.password }),
    ],
  ])('has %s answered 503 with Retry-After, and it succeeds behind the lock', async (_, ask) => {
    const as = api.as(admin);
    await api.tokensOf(admin);
    const unlock = await lock(database.ownUrl, 'LOCK TABLE users IN ACCESS EXCLUSIVE MODE');

    const refused = await ask(as);
    await unlock();

    expect(refused).toBeProblem('service-unavailable', 503);
    expect(refused).toMatchObject({ headers: { 'retry-after': '1' } });
    const served = await ask(as);
    expect(served.status).toBe(200);
    // A key that was not consumed.
    expect(served.headers['idempotency-replayed']).toBeUndefined();
  });

  it('is not run again as one that has lost against another transaction', async () => {
    const before = seen.calls;
    const unlock = await lock(database.ownUrl, 'SELECT pg_advisory_lock(7)');

    const refused = await api
      .as(admin)
      .post('/v1/things', { name: 'waits', waits: true }, { 'Idempotency-Key': 'waits' });
    await unlock();

    expect(refused).toBeProblem('service-unavailable', 503);
    expect(seen.calls - before).toBe(1);
  });
});

describe('A statement that nobody waits for any more', () => {
  it('is cancelled by the server, long before its time is up', async () => {
    const abandoned = await createDatabase();
    atTheEnd(async () => {
      await abandoned.drop();
    });
    const user = await new Given(abandoned).user();
    const service = ServiceProcess.start(scratchFolder(), {
      DATABASE_URL: abandoned.url,
      DATABASE_STATEMENT_TIMEOUT_MS: '120000',
    });
    const own = new Api(await service.url());
    await own.tokensOf(user);
    const unlock = await lock(abandoned.ownUrl, 'SELECT 1 FROM users WHERE id = $1 FOR UPDATE', [user.id]);
    const change = own.as(user).patch('/v1/users/me', { displayName: 'Ada' }, { 'If-Match': '*' });
    const cutOff = expect(change).rejects.toThrow();
    const waiting = async (): Promise<number> =>
      (
        await abandoned.pool.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        )
      ).rows.length;
    await until('the request waits', async () => (await waiting()) === 1);

    await service.stop('SIGKILL');

    // It was promised 30 s for the lock, and looks every half second whether it is still wanted.
    await until('the statement is gone', async () => (await waiting()) === 0, 5000);
    await cutOff;
    await unlock();
  });
});
