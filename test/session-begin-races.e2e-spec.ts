import { describe, expect, it } from '@jest/globals';
import type { Reply, Tokens } from './support/api.ts';
import { start } from './support/app.ts';
import type { GivenUser } from './support/given.ts';
import { Locks } from './support/locks.ts';
import { Logins } from './support/logins.ts';
import { mailedToken } from './support/mails.ts';
import { until } from './support/running.ts';

/** Nobody gives up a lock, however slow the machine is. */
const patient = { DATABASE_STATEMENT_TIMEOUT_MS: '120000' };
const running = await start({ ...patient, AUTH_MAGIC_LINK: 'true' });
const { api, given, database } = running;
const logins = new Logins(running);
const locks = new Locks(database);
const asAdmin = api.as(await given.admin());
const newPassword = 'another password of the tests';

async function change({ accessToken }: Tokens, { password }: GivenUser, other = newPassword): Promise<Reply> {
  const body = { currentPassword: password, newPassword: other };
  return await api.post('/v1/auth/password/change', body, { Authorization: `Bearer ${accessToken}` });
}

describe('A session that is being stored', () => {
  /** Lets a login come as far as its first refresh token, has the account changed beside it, and lets both go on. */
  async function beside(login: () => Promise<Reply>, changing: () => Promise<Reply>): Promise<[Reply, Reply]> {
    const release = await locks.holdRefreshTokens();
    const entering = login();
    await until('the session is stored', async () => (await locks.waiting()) === 1);
    let isDone = false;
    const other = changing().finally(() => (isDone = true));
    await until('the change waits or is done', async () => isDone || (await locks.waiting()) === 2).finally(release);
    return await Promise.all([entering, other]);
  }

  it.each([
    ['password', (user: GivenUser) => async () => await logins.byPassword(user)],
    ['mailed link', async (user: GivenUser) => await logins.link(user)],
  ])('is ended by a reset that comes before its COMMIT: %s', async (_, prepare) => {
    const user = await given.user();
    const login = await prepare(user);
    const token = await mailedToken(running, 'reset-password', user);

    const [entered, reset] = await beside(
      login,
      async () => await api.post('/v1/auth/password/reset', { token, newPassword }),
    );

    expect([entered.status, reset.status]).toEqual([200, 204]);
    expect(await logins.statusesOf(entered)).toEqual([401, 401]);
    expect(await logins.open(user)).toBe(0);
  });

  it('is ended by a change of the password in another session', async () => {
    const user = await given.user();
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

  it('is ended when the user is disabled before its COMMIT', async () => {
    const user = await given.user();
    await asAdmin.get('/v1/users/me');

    const [entered] = await beside(
      async () => await logins.byPassword(user),
      async () => await asAdmin.post(`/v1/users/${user.id}/disable`),
    );

    expect(entered.status).toBe(200);
    expect(await logins.open(user)).toBe(0);
  });
});

describe('Two changes of a password that were both proven', () => {
  it('leave one session, of the one that comes first; the other is refused, and that is written down', async () => {
    const user = await given.user();
    const [mine, other] = [await api.logIn(user), await api.logIn(user)];
    const release = await locks.holdUser(user.id);

    const changing = [change(mine, user), change(other, user, 'a third password of the tests')];
    await until('both wait for the user', async () => (await locks.waiting()) === 2).finally(release);
    const replies = await Promise.all(changing);

    const [done, refused] = replies.sort((a, b) => a.status - b.status);
    expect(await logins.refusals(user)).toEqual(['account changed meanwhile']);
    expect(done?.status).toBe(200);
    expect(refused).toBeProblem('current-password-invalid', 403);
    expect([await logins.statusesOf({ body: mine }), await logins.statusesOf({ body: other })]).toEqual([
      [401, 401],
      [401, 401],
    ]);
    expect(await logins.statusesOf(done ?? { body: {} })).toEqual([200, 200]);
    expect(await logins.open(user)).toBe(1);
    expect(await given.auditEvents({ subjectId: user.id, event: 'authn_password_change' })).toHaveLength(1);
  });

  it('leave no session when the first is a reset by mail', async () => {
    const user = await given.user();
    const mine = await api.logIn(user);
    const token = await mailedToken(running, 'reset-password', user);
    const release = await locks.holdUser(user.id);

    const reset = api.post('/v1/auth/password/reset', { token, newPassword });
    await until('the reset waits', async () => (await locks.waiting()) === 1);
    const changing = change(mine, user, 'a third password of the tests');
    await until('both wait for the user', async () => (await locks.waiting()) === 2).finally(release);

    expect((await reset).status).toBe(204);
    expect(await changing).toBeProblem('current-password-invalid', 403);
    expect(await logins.open(user)).toBe(0);
    expect((await logins.byPassword({ ...user, password: newPassword })).status).toBe(200);
  });
});

describe('What waits for a user', () => {
  /** How many tokens and sessions of this user nothing has locked. */
  async function unlocked({ id }: GivenUser): Promise<number[]> {
    const count = async (table: string): Promise<number> =>
      (await database.pool.query(`SELECT 1 FROM ${table} WHERE user_id = $1 FOR UPDATE SKIP LOCKED`, [id])).rows.length;
    return [await count('mailed_tokens'), await count('sessions')];
  }

  it.each<[string, (user: GivenUser, token: string) => Promise<Reply>]>([
    ['a reset by mail', async (_, token) => await api.post('/v1/auth/password/reset', { token, newPassword })],
    ['a reset that an administrator starts', async ({ id }) => await asAdmin.post(`/v1/users/${id}/password-reset`)],
    ['disabling', async ({ id }) => await asAdmin.post(`/v1/users/${id}/disable`)],
    ['deleting', async ({ id }) => await asAdmin.delete(`/v1/users/${id}`, { 'If-Match': '*' })],
  ])('holds neither tokens nor sessions that what holds the user could wait for: %s', async (_, change) => {
    const user = await given.user();
    await api.logIn(user);
    const token = await mailedToken(running, 'reset-password', user);
    await asAdmin.get('/v1/users/me');
    const release = await locks.holdUser(user.id);

    const changing = change(user, token);
    const free = await until('it waits', async () => (await locks.waiting()) === 1)
      .then(async () => await unlocked(user))
      .finally(release);

    expect(free).toEqual([1, 1]);
    expect((await changing).status).toBeLessThan(300);
    expect(await logins.open(user)).toBe(0);
  });
});
