import { describe, expect, it } from '@jest/globals';
import type { ApiResponse, Tokens } from '../../harness/http/api.ts';
import { sharedApp } from '../../harness/app/app.ts';
import { clusterMode } from '../../harness/app/cluster.ts';
import type { FactoryUser } from '../../harness/database/factory.ts';
import { Locks } from '../../harness/database/locks.ts';
import { LoginFlows, overtakenEnvironment } from '../../harness/http/login-flows.ts';
import { oneTimeTokenFor } from '../../harness/mail/one-time-tokens.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';

const running = await sharedApp(overtakenEnvironment);
const { api, factory, database } = running;
const logins = new LoginFlows(running);
const locks = new Locks(database);
const asAdmin = api.as(await factory.admin());
const newPassword = 'another password of the tests';

async function change({ accessToken }: Tokens, { password }: FactoryUser, other = newPassword): Promise<ApiResponse> {
  const body = { currentPassword: password, newPassword: other };
  return await api.post('/v1/auth/password/change', body, { Authorization: `Bearer ${accessToken}` });
}

describe('A session whose transaction is open', () => {
  /** Pauses a login before its first refresh token is stored, changes the account concurrently, and resumes both. */
  async function beside(
    login: () => Promise<ApiResponse>,
    changing: () => Promise<ApiResponse>,
  ): Promise<[ApiResponse, ApiResponse]> {
    const release = await locks.holdRefreshTokens();
    const entering = login();
    await waitUntil('the session is stored', async () => (await locks.waiting()) === 1);
    let isDone = false;
    const other = changing().finally(() => (isDone = true));
    await waitUntil('the change waits or is done', async () => isDone || (await locks.waiting()) === 2).finally(
      release,
    );
    return await Promise.all([entering, other]);
  }

  it.each([
    ['password', (user: FactoryUser) => async () => await logins.byPassword(user)],
    ['magic link', async (user: FactoryUser) => await logins.link(user)],
  ])('is revoked by a password reset before its COMMIT: %s', async (_, prepare) => {
    const user = await factory.user();
    const login = await prepare(user);
    const token = await oneTimeTokenFor(running, 'reset-password', user);

    const [entered, reset] = await beside(
      login,
      async () => await api.post('/v1/auth/password/reset', { token, newPassword }),
    );

    expect([entered.status, reset.status]).toEqual([200, 204]);
    expect(await logins.statusesOf(entered)).toEqual([401, 401]);
    expect(await logins.open(user)).toBe(0);
  });

  it('is revoked by a password change in another session', async () => {
    const user = await factory.user();
    const tokens = await api.logIn(user);

    const [entered, changed] = await beside(
      async () => await logins.byPassword(user),
      async () => await change(tokens, user),
    );

    expect([entered.status, changed.status]).toEqual([200, 200]);
    expect(await logins.statusesOf(entered)).toEqual([401, 401]);
    expect(await logins.statusesOf(changed)).toEqual([200, 200]);
    expect(await logins.open(user)).toBe(1);
  });

  it('is revoked when the user is disabled before its COMMIT', async () => {
    const user = await factory.user();
    await asAdmin.get('/v1/users/me');

    const [entered] = await beside(
      async () => await logins.byPassword(user),
      async () => await asAdmin.post(`/v1/users/${user.id}/disable`),
    );

    expect(entered.status).toBe(200);
    expect(await logins.open(user)).toBe(0);
  });
});

describe('Logins of one user at the same time', () => {
  it('wait for the lock of the user with one connection of each process', async () => {
    const [user, other] = [await factory.user(), await api.logIn(await factory.user())];
    const byLink = await logins.link(user);
    const release = await locks.holdUser(user.id);

    const entering = Array.from({ length: 20 }, async (_, at) => await (at === 9 ? byLink() : logins.byPassword(user)));
    const waiting = new Set<number>();
    try {
      await waitUntil('a session waits', async () => (await locks.waiting()) >= 1);
      // All other connections are free, also while further logins verify their passwords.
      for (let n = 0; n < 20; n += 1) {
        expect(await logins.statusesOf({ body: other })).toEqual([200, 200]);
        waiting.add(await locks.waiting());
      }
    } finally {
      await release();
    }

    expect(Math.max(...waiting)).toBeLessThanOrEqual(clusterMode === 'on' ? 3 : 1);
    expect(new Set((await Promise.all(entering)).map(({ status }) => status))).toEqual(new Set([200]));
    expect(await logins.open(user)).toBe(20);
  });
});

describe('Two password changes that both verified the password', () => {
  it('leave the session of the first one; the second is rejected and recorded', async () => {
    const user = await factory.user();
    const [mine, other] = [await api.logIn(user), await api.logIn(user)];
    const release = await locks.holdUser(user.id);

    const changing = [change(mine, user), change(other, user, 'a third password of the tests')];
    await waitUntil('both wait for the user', async () => (await locks.waiting()) === 2).finally(release);
    const responses = await Promise.all(changing);

    const [done, refused] = responses.sort((a, b) => a.status - b.status);
    expect(await logins.refusals(user)).toEqual(['account changed meanwhile']);
    expect(done?.status).toBe(200);
    expect(refused).toBeProblem('invalid-current-password', 403);
    expect([await logins.statusesOf({ body: mine }), await logins.statusesOf({ body: other })]).toEqual([
      [401, 401],
      [401, 401],
    ]);
    expect(await logins.statusesOf(done ?? { body: {} })).toEqual([200, 200]);
    expect(await logins.open(user)).toBe(1);
    expect(await factory.auditEvents({ subjectId: user.id, event: 'authn_password_change' })).toHaveLength(1);
  });

  it('leave no session when the first is a reset by email', async () => {
    const user = await factory.user();
    const mine = await api.logIn(user);
    const token = await oneTimeTokenFor(running, 'reset-password', user);
    const release = await locks.holdUser(user.id);

    const reset = api.post('/v1/auth/password/reset', { token, newPassword });
    await waitUntil('the reset waits', async () => (await locks.waiting()) === 1);
    const changing = change(mine, user, 'a third password of the tests');
    await waitUntil('both wait for the user', async () => (await locks.waiting()) === 2).finally(release);

    expect((await reset).status).toBe(204);
    expect(await changing).toBeProblem('invalid-current-password', 403);
    expect(await logins.open(user)).toBe(0);
    expect((await logins.byPassword({ ...user, password: newPassword })).status).toBe(200);
  });
});

describe('A transaction that waits for the lock of a user', () => {
  /** The number of tokens and sessions of this user that are not locked. */
  async function unlocked({ id }: FactoryUser): Promise<number[]> {
    const count = async (table: string): Promise<number> =>
      (await database.pool.query(`SELECT 1 FROM ${table} WHERE user_id = $1 FOR UPDATE SKIP LOCKED`, [id])).rows.length;
    return [await count('one_time_tokens'), await count('sessions')];
  }

  it.each<[string, (user: FactoryUser, token: string) => Promise<ApiResponse>]>([
    ['a reset by email', async (_, token) => await api.post('/v1/auth/password/reset', { token, newPassword })],
    ['a reset that an administrator starts', async ({ id }) => await asAdmin.post(`/v1/users/${id}/password-reset`)],
    ['disabling', async ({ id }) => await asAdmin.post(`/v1/users/${id}/disable`)],
    ['deleting', async ({ id }) => await asAdmin.delete(`/v1/users/${id}`, { 'If-Match': '*' })],
  ])('holds no locks of tokens or sessions: %s', async (_, change) => {
    const user = await factory.user();
    await api.logIn(user);
    const token = await oneTimeTokenFor(running, 'reset-password', user);
    await asAdmin.get('/v1/users/me');
    const release = await locks.holdUser(user.id);

    const changing = change(user, token);
    const free = await waitUntil('it waits', async () => (await locks.waiting()) === 1)
      .then(async () => await unlocked(user))
      .finally(release);

    expect(free).toEqual([1, 1]);
    expect((await changing).status).toBeLessThan(300);
    expect(await logins.open(user)).toBe(0);
  });
});
