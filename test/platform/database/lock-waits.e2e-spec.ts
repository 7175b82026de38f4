import { describe, expect, it } from '@jest/globals';
import { Api } from '../../harness/http/api.ts';
import { startApp } from '../../harness/app/app.ts';
import { createDatabase, newClient } from '../../harness/database/database.ts';
import { Factory } from '../../harness/database/factory.ts';
import { onTeardown, temporaryFolder, ServiceProcess } from '../../harness/process/service-process.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';
import { effectsTable } from '../../harness/app/test-jobs.ts';
import { handlerCalls, thingsTable, ThingsFixtureModule } from '../../harness/app/things-fixture.ts';

const { api, factory, database } = await startApp({ DATABASE_STATEMENT_TIMEOUT_MS: '4000' }, [ThingsFixtureModule]);
await database.pool.query(`${thingsTable}; ${effectsTable}`);
const admin = await factory.admin();

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

describe('A statement that exceeds lock_timeout', () => {
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
  ])('makes %s respond 503 with Retry-After, until the lock is released', async (_, send) => {
    const as = api.as(admin);
    await api.tokensOf(admin);
    const unlock = await lock(database.ownUrl, 'LOCK TABLE users IN ACCESS EXCLUSIVE MODE');

    const refused = await send(as);
    await unlock();

    expect(refused).toBeProblem('service-unavailable', 503);
    expect(refused).toMatchObject({ headers: { 'retry-after': '1' } });
    const served = await send(as);
    expect(served.status).toBe(200);
    // The idempotency key was not consumed.
    expect(served.headers['idempotency-replayed']).toBeUndefined();
  });

  it('is not retried as a serialization failure', async () => {
    const before = handlerCalls.count;
    const unlock = await lock(database.ownUrl, 'SELECT pg_advisory_lock(7)');

    const refused = await api
      .as(admin)
      .post('/v1/things', { name: 'waits', waits: true }, { 'Idempotency-Key': 'waits' });
    await unlock();

    expect(refused).toBeProblem('service-unavailable', 503);
    expect(handlerCalls.count - before).toBe(1);
  });
});

describe('A statement whose client has disconnected', () => {
  it('is cancelled by the server long before its timeout', async () => {
    const abandoned = await createDatabase();
    onTeardown(async () => {
      await abandoned.drop();
    });
    const user = await new Factory(abandoned).user();
    const service = ServiceProcess.start(temporaryFolder(), {
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
    await waitUntil('the request waits', async () => (await waiting()) === 1);

    await service.stop('SIGKILL');

    // lock_timeout is 30 s; client_connection_check_interval is 500 ms.
    await waitUntil('the statement is cancelled', async () => (await waiting()) === 0, 20_000);
    await cutOff;
    await unlock();
  });
});
