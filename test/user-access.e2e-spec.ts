import { describe, expect, it } from '@jest/globals';
import type { Api, Reply } from './support/api.ts';
import { ApiJobsModule } from './support/api-jobs.ts';
import { start } from './support/app.ts';
import type { GivenUser } from './support/given.ts';

const { api, given, database, heard } = await start({}, [ApiJobsModule]);
const admin = await given.admin();
const asAdmin = api.as(admin);
const nobody = '01938c5e-7a80-7000-8000-3f2d6c1b9a04';

const path = (user: { id: string }, what: string): string => `/v1/users/${user.id}/${what}`;

async function isIn(user: Parameters<Api['as']>[0]): Promise<boolean> {
  return (await api.as(user).get('/v1/users/me')).status === 200;
}

async function happenedTo(user: GivenUser): Promise<unknown[]> {
  return (await given.auditEvents({ subjectId: user.id }))
    .filter(({ event }) => event !== 'authn_login_success')
    .map(({ event, actor_id, reason }) => [event, actor_id === admin.id ? 'admin' : actor_id, reason]);
}

async function newestToken(email: string): Promise<string> {
  const { body } = await api.get(`/dev/mailbox?to=${email}`);
  const [mail] = (body as { data: { links: string[] }[] }).data;
  return new URL(mail?.links[0] ?? 'http://none').searchParams.get('token') ?? '';
}

async function refusedToOthers(ask: (as: Api, user: GivenUser) => Promise<Reply>): Promise<void> {
  const [user, stranger] = [await given.user(), await given.user()];
  await api.tokensOf(user);

  expect(await ask(api.as(stranger), user)).toBeProblem('forbidden', 403);
  expect(await ask(api.as(user), user)).toBeProblem('forbidden', 403);

  expect(await isIn(user)).toBe(true);
  expect(await happenedTo(stranger)).toEqual([['authz_fail', stranger.id, expect.stringContaining('missing')]]);
}

async function unknownIsNotFound(ask: (user: { id: string }) => Promise<Reply>): Promise<void> {
  for (const user of [{ id: nobody }, await given.user({ deleted: true })])
    expect(await ask(user)).toBeProblem('not-found', 404);
}

describe('GET /v1/users/{id}/sessions', () => {
  it('shows an administrator where a user is logged in', async () => {
    const user = await given.user();
    await api.tokensOf(user);

    const { status, body } = await asAdmin.get(path(user, 'sessions'));

    expect(status).toBe(200);
    expect(body).toMatchObject({ data: [{ amr: ['pwd'], current: false }], page: { total: 1 } });
  });

  it('marks the session of the request', async () => {
    const { body } = await asAdmin.get(path(admin, 'sessions'));

    expect(body).toMatchObject({ data: [{ current: true }] });
  });

  it('is empty for a user who is nowhere', async () => {
    expect((await asAdmin.get(path(await given.user(), 'sessions'))).body).toMatchObject({ data: [] });
  });

  it('is refused to everybody else', async () => {
    await refusedToOthers(async (as, user) => await as.get(path(user, 'sessions')));
  });

  it('knows no user who is unknown or deleted', async () => {
    await unknownIsNotFound(async (user) => await asAdmin.get(path(user, 'sessions')));
  });
});

describe('DELETE /v1/users/{id}/sessions', () => {
  it('ends them all at once, and once', async () => {
    const user = await given.user();
    await api.tokensOf(user);
    await api.logIn(user);

    const statuses = [await asAdmin.delete(path(user, 'sessions')), await asAdmin.delete(path(user, 'sessions'))];

    expect(statuses.map(({ status }) => status)).toEqual([204, 204]);
    expect(await isIn(user)).toBe(false);
    const ended = ['session_ended', 'admin', 'ended_by_admin'];
    expect(await happenedTo(user)).toEqual([ended, ended]);
    await expect(api.logIn(user)).resolves.toHaveProperty('accessToken');
  });

  it('is refused to everybody else', async () => {
    await refusedToOthers(async (as, user) => await as.delete(path(user, 'sessions')));
  });

  it('knows no user who is unknown or deleted', async () => {
    await unknownIsNotFound(async (user) => await asAdmin.delete(path(user, 'sessions')));
  });
});

describe('POST /v1/users/{id}/disable', () => {
  it('keeps the user out at once, whatever they have', async () => {
    const user = await given.user();
    const { refreshToken } = await api.tokensOf(user);
    await asAdmin.post(path(user, 'password-reset'));
    const token = await newestToken(user.email);
    await api.logIn(user);

    const reply = await asAdmin.post(path(user, 'disable'));

    expect(reply).toMatchObject({ status: 200, body: { id: user.id, status: 'disabled' } });
    expect(reply.headers['etag']).toBe('"2"');
    expect(await isIn(user)).toBe(false);
    expect(await api.post('/v1/auth/refresh', { refreshToken })).toBeProblem('invalid-refresh-token', 401);
    const { email, password } = user;
    expect(await api.post('/v1/auth/login', { email, password })).toBeProblem('invalid-credentials', 401);
    const newPassword = 'another password of the tests';
    expect(await api.post('/v1/auth/password/reset', { token, newPassword })).toBeProblem('invalid-token', 400);
    expect(await happenedTo(user)).toEqual(
      expect.arrayContaining([
        ['session_ended', 'admin', 'user_disabled'],
        ['authz_admin', 'admin', 'disabled'],
      ]),
    );
  });

  it('pauses what the user has set up', async () => {
    const owner = await given.admin();
    const schedule = { type: 'test.steps', payload: { steps: 0 }, cron: '30 2 * * *', timezone: 'UTC' };
    const { body } = await api.as(owner).post('/v1/job-schedules', schedule);

    await asAdmin.post(path(owner, 'disable'));

    const { id } = body as { id: string };
    expect((await asAdmin.get(`/v1/job-schedules/${id}`)).body).toMatchObject({ paused: true });
  });

  it('changes nothing when it is repeated', async () => {
    const user = await given.user();

    const both = await Promise.all([1, 2].map(async () => await asAdmin.post(path(user, 'disable'))));
    const third = await asAdmin.post(path(user, 'disable'));

    expect([...both, third].map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(third.headers['etag']).toBe('"2"');
    expect(await happenedTo(user)).toEqual([['authz_admin', 'admin', 'disabled']]);
  });

  it('is refused for oneself', async () => {
    expect(await asAdmin.post(path(admin, 'disable'))).toBeProblem('own-account', 409);
    expect(await isIn(admin)).toBe(true);
  });

  it('leaves an administrator who can log in', async () => {
    const last = await given.admin();
    const passwordless = await given.admin();
    await api.tokensOf(passwordless);
    await database.pool.query('UPDATE users SET password_hash = NULL WHERE id = $1', [passwordless.id]);
    await database.pool.query(`UPDATE users SET roles = '{user}' WHERE id <> ALL($1)`, [[last.id, passwordless.id]]);

    expect(await api.as(passwordless).post(path(last, 'disable'))).toBeProblem('last-administrator', 409);

    await database.pool.query(`UPDATE users SET roles = '{user,admin}' WHERE id = $1`, [admin.id]);
    await heard();
  });

  it('leaves one of two administrators who disable each other', async () => {
    const ids = async (): Promise<string[]> => {
      const { rows } = await database.pool.query<{ id: string }>(
        `SELECT id FROM users WHERE roles @> '{admin}' AND disabled_at IS NULL AND deleted_at IS NULL AND id <> $1`,
        [admin.id],
      );
      return rows.map(({ id }) => id);
    };
    await database.pool.query(`UPDATE users SET roles = '{user}'`);
    const [one, two] = [await given.admin(), await given.admin()];
    await Promise.all([api.tokensOf(one), api.tokensOf(two)]);

    const replies = await Promise.all([api.as(one).post(path(two, 'disable')), api.as(two).post(path(one, 'disable'))]);

    expect(await ids()).toHaveLength(1);
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    await database.pool.query(`UPDATE users SET roles = '{user,admin}' WHERE id = $1`, [admin.id]);
    await heard();
  });

  it('is refused to everybody else', async () => {
    await refusedToOthers(async (as, user) => await as.post(path(user, 'disable')));
  });

  it('knows no user who is unknown or deleted', async () => {
    await unknownIsNotFound(async (user) => await asAdmin.post(path(user, 'disable')));
  });
});

describe('POST /v1/users/{id}/enable', () => {
  it('lets the user in again with the password they had, and with no session', async () => {
    const user = await given.user();
    await api.tokensOf(user);
    await asAdmin.post(path(user, 'disable'));

    const reply = await asAdmin.post(path(user, 'enable'));

    expect(reply).toMatchObject({ status: 200, body: { status: 'active' } });
    expect(reply.headers['etag']).toBe('"3"');
    expect(await isIn(user)).toBe(false);
    await expect(api.logIn(user)).resolves.toHaveProperty('accessToken');
    expect((await happenedTo(user)).at(-1)).toEqual(['authz_admin', 'admin', 'enabled']);
  });

  it('brings no session to life that began while the user was being disabled', async () => {
    const user = await given.user();
    await asAdmin.post(path(user, 'disable'));
    await database.pool.query(
      `INSERT INTO sessions (id, user_id, amr, expires_at) VALUES (gen_random_uuid(), $1, '{pwd}', now() + interval '1 day')`,
      [user.id],
    );

    await asAdmin.post(path(user, 'enable'));

    expect((await asAdmin.get(path(user, 'sessions'))).body).toMatchObject({ page: { total: 0 } });
  });

  it('changes nothing for a user whom nobody keeps out', async () => {
    const user = await given.user();

    expect((await asAdmin.post(path(user, 'enable'))).headers['etag']).toBe('"1"');

    expect(await happenedTo(user)).toEqual([]);
  });

  it('is refused to everybody else', async () => {
    await refusedToOthers(async (as, user) => await as.post(path(user, 'enable')));
  });

  it('knows no user who is unknown or deleted', async () => {
    await unknownIsNotFound(async (user) => await asAdmin.post(path(user, 'enable')));
  });
});

describe('POST /v1/users/{id}/password-reset', () => {
  it('ends all sessions and mails a link that sets another password, once', async () => {
    const user = await given.user();
    await api.tokensOf(user);

    const reply = await asAdmin.post(path(user, 'password-reset'));

    expect(reply).toMatchObject({ status: 202, text: '' });
    expect(await isIn(user)).toBe(false);
    expect(await happenedTo(user)).toEqual([
      ['session_ended', 'admin', 'password_reset'],
      ['authz_admin', 'admin', 'password reset started'],
    ]);
    const body = { token: await newestToken(user.email), newPassword: 'another password of the tests' };
    expect((await api.post('/v1/auth/password/reset', body)).status).toBe(204);
    expect(await api.post('/v1/auth/password/reset', body)).toBeProblem('invalid-token', 400);
    await expect(api.logIn({ email: user.email, password: body.newPassword })).resolves.toBeDefined();
  });

  it('leaves the password as it is until the user has chosen another', async () => {
    const user = await given.user();

    await asAdmin.post(path(user, 'password-reset'));

    await expect(api.logIn(user)).resolves.toHaveProperty('accessToken');
  });

  it('makes the newest link the only one when it is repeated', async () => {
    const user = await given.user();
    await asAdmin.post(path(user, 'password-reset'));
    const first = await newestToken(user.email);
    await asAdmin.post(path(user, 'password-reset'));
    const newPassword = 'another password of the tests';

    expect(await api.post('/v1/auth/password/reset', { token: first, newPassword })).toBeProblem('invalid-token', 400);
    const token = await newestToken(user.email);
    expect((await api.post('/v1/auth/password/reset', { token, newPassword })).status).toBe(204);
  });

  it('mails nothing to a user who is disabled', async () => {
    const user = await given.user({ disabled: true });

    expect(await asAdmin.post(path(user, 'password-reset'))).toBeProblem('user-disabled', 409);

    expect((await api.get(`/dev/mailbox?to=${user.email}`)).body).toEqual({ data: [] });
    expect(await happenedTo(user)).toEqual([]);
  });

  it('is refused to everybody else', async () => {
    await refusedToOthers(async (as, user) => await as.post(path(user, 'password-reset')));
  });

  it('knows no user who is unknown or deleted', async () => {
    await unknownIsNotFound(async (user) => await asAdmin.post(path(user, 'password-reset')));
  });
});
