import { describe, expect, it } from '@jest/globals';
import { Api } from './support/api.ts';
import { start } from './support/app.ts';
import { createDatabase, newClient } from './support/database.ts';
import { Given } from './support/given.ts';
import { atTheEnd, scratchFolder, ServiceProcess } from './support/process.ts';
import { until } from './support/running.ts';

const { api, given, database } = await start({ DATABASE_STATEMENT_TIMEOUT_MS: '1000' });

/** Keeps the row of this user locked until the returned function is called. */
async function lockUser(url: string, id: string): Promise<() => Promise<void>> {
  const client = newClient(url);
  await client.connect();
  await client.query('BEGIN');
  await client.query('SELECT 1 FROM users WHERE id = $1 FOR UPDATE', [id]);
  return async () => {
    await client.end();
  };
}

describe('A statement that waits for a lock', () => {
  it('is given up, three times, and answered 409 with Retry-After; behind the lock it succeeds', async () => {
    const user = await given.user();
    const change = async (): Promise<unknown> =>
      await api.as(user).patch('/v1/users/me', { displayName: 'Ada' }, { 'If-Match': '*' });
    await api.tokensOf(user);
    const unlock = await lockUser(database.ownUrl, user.id);

    const begin = performance.now();
    const refused = await change();
    const tookMs = performance.now() - begin;
    await unlock();

    expect(refused).toBeProblem('concurrent-change', 409);
    expect(refused).toMatchObject({ headers: { 'retry-after': '1' } });
    // Three waits of a quarter of DATABASE_STATEMENT_TIMEOUT_MS.
    expect(tookMs).toBeGreaterThan(700);
    expect(await change()).toMatchObject({ status: 200, body: { displayName: 'Ada' } });
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
    const unlock = await lockUser(abandoned.ownUrl, user.id);
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
