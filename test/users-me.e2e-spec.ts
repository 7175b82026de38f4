import { describe, expect, it } from '@jest/globals';
import { start } from './support/app.ts';
import { judgedFetch } from './support/judged-fetch.ts';
import { until } from './support/running.ts';

const { api, given, database } = await start();

describe('GET /v1/users/me', () => {
  it('answers 304 to who has it already, until it shows anything else', async () => {
    const user = await given.user();
    const asUser = api.as(user);
    const { etag = '' } = (await asUser.get('/v1/users/me')).headers;

    const same = await asUser.get('/v1/users/me', { 'If-None-Match': etag });
    await database.pool.query(`UPDATE users SET roles = '{user,admin}', version = version + 1 WHERE id = $1`, [
      user.id,
    ]);
    const other = await asUser.get('/v1/users/me', { 'If-None-Match': etag });

    expect(etag).toMatch(/^"1(-[0-9a-f]{8})?"$/);
    expect(same).toMatchObject({ status: 304, text: '', headers: { etag, 'cache-control': 'private, no-cache' } });
    expect(other).toMatchObject({ status: 200, body: { roles: ['user', 'admin'] } });
    expect(other.headers['etag']).toMatch(/^"2-[0-9a-f]{8}"$/);
  });

  it('answers 304 to a HEAD as well', async () => {
    const user = await given.user();
    const { accessToken } = await api.tokensOf(user);

    const reply = await judgedFetch(
      new Request(`${api.baseUrl}/v1/users/me`, {
        method: 'HEAD',
        headers: { Authorization: `Bearer ${accessToken}`, 'If-None-Match': '*' },
      }),
    );

    expect(reply.status).toBe(304);
    expect(reply.headers.get('etag')).toMatch(/^"1/);
  });
});

describe('PATCH /v1/users/me', () => {
  it.each(['null', '[]', 'false', '"x"', '1'])('refuses %s, which is no object', async (body) => {
    const { accessToken } = await api.tokensOf(await given.user());

    const reply = await judgedFetch(
      new Request(`${api.baseUrl}/v1/users/me`, {
        method: 'PATCH',
        headers: { Authorization: `Bearer ${accessToken}`, 'If-Match': '*', 'Content-Type': 'application/json' },
        body,
      }),
    );

    expect(reply.status).toBe(422);
    expect(await reply.json()).toMatchObject({ errors: [{ pointer: '#', code: 'is_object' }] });
  });

  it('names what is wrong beside a text that nobody can store', async () => {
    const reply = await api
      .as(await given.user())
      .patch('/v1/users/me', { displayName: 'a\0b', timezone: 'Nowhere', zz: 1 }, { 'If-Match': '*' });

    expect(reply).toBeProblem('validation-failed', 422);
    expect((reply.body as { errors: { pointer: string }[] }).errors.map(({ pointer }) => pointer)).toEqual([
      '#/displayName',
      '#/timezone',
      '#/zz',
    ]);
  });
});

describe('A user who is deleted while a request of theirs runs', () => {
  it.each(['patch', 'delete'] as const)('is nobody any more: %s', async (method) => {
    const user = await given.user();
    const asUser = api.as(user);
    await asUser.get('/v1/users/me');
    const other = await database.pool.connect();
    await other.query('BEGIN');
    await other.query('UPDATE users SET deleted_at = now() WHERE id = $1', [user.id]);

    const match = { 'If-Match': '*' };
    const running =
      method === 'patch' ? asUser.patch('/v1/users/me', { locale: 'de' }, match) : asUser.delete('/v1/users/me', match);
    await until('the request waits for the row', async () => {
      const { rows } = await database.pool.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rows.length === 1;
    });
    await other.query('COMMIT');
    other.release();

    expect(await running).toBeProblem('unauthenticated', 401);
  });
});

describe('PATCH /v1/users/me', () => {
  it('changes what is sent and nothing else, and gives a new ETag', async () => {
    const user = await given.admin();
    const asUser = api.as(user);
    const { etag = '' } = (await asUser.get('/v1/users/me')).headers;

    const reply = await asUser.patch(
      '/v1/users/me',
      { locale: 'de-AT', timezone: 'Europe/Vienna' },
      { 'If-Match': etag },
    );

    expect(reply).toMatchObject({
      status: 200,
      body: { locale: 'de-AT', timezone: 'Europe/Vienna', email: user.email },
    });
    expect(reply.headers['etag']).not.toBe(etag);
    expect((await asUser.get('/v1/users/me')).text).toBe(reply.text);
    expect(await given.auditEvents({ subjectId: user.id, event: 'user_updated' })).toMatchObject([
      { actor_id: user.id, reason: 'own profile changed' },
    ]);
  });

  it('wants a current If-Match', async () => {
    const asUser = api.as(await given.user());
    const name = { displayName: 'Anew' };
    const { etag = '' } = (await asUser.get('/v1/users/me')).headers;
    await asUser.patch('/v1/users/me', name, { 'If-Match': etag });

    expect(await asUser.patch('/v1/users/me', name)).toBeProblem('precondition-required', 428);
    expect(await asUser.patch('/v1/users/me', { displayName: 'B' }, { 'If-Match': etag })).toBeProblem(
      'precondition-failed',
      412,
    );
    expect(await asUser.patch('/v1/users/me', {}, { 'If-Match': etag })).toBeProblem('precondition-failed', 412);
    expect((await asUser.get('/v1/users/me')).body).toMatchObject(name);
  });

  it('takes no ETag that was never given', async () => {
    const asAdmin = api.as(await given.admin());
    for (const etag of ['"1"', '"1-00000000"', 'W/"1"', '"x"']) {
      expect(await asAdmin.patch('/v1/users/me', { displayName: 'B' }, { 'If-Match': etag })).toBeProblem(
        'precondition-failed',
        412,
      );
    }
  });

  it('lets exactly one of 100 win that saw the same', async () => {
    const asUser = api.as(await given.user());
    const { etag = '' } = (await asUser.get('/v1/users/me')).headers;

    const replies = await Promise.all(
      Array.from({ length: 100 }, async (_, at) => {
        return await asUser.patch('/v1/users/me', { displayName: `Name ${at}` }, { 'If-Match': etag });
      }),
    );

    const statuses = replies.map(({ status }) => status).sort();
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 412)).toHaveLength(99);
  });

  it.each([
    ['a time zone that is none', { timezone: 'Mars/Olympus' }, '#/timezone'],
    ['a language that is none', { locale: 'en_GB' }, '#/locale'],
    ['a language in another spelling', { locale: 'EN-gb' }, '#/locale'],
    ['roles', { roles: ['admin'] }, '#/roles'],
    ['an address', { email: 'other@example.com' }, '#/email'],
    ['null for what has to be something', { locale: null }, '#/locale'],
  ])('refuses %s', async (_, change, pointer) => {
    const reply = await api.as(await given.user()).patch('/v1/users/me', { ...change }, { 'If-Match': '*' });

    expect(reply).toBeProblem('validation-failed', 422);
    expect(reply.body).toMatchObject({ errors: expect.arrayContaining([expect.objectContaining({ pointer })]) });
  });
});

describe('DELETE /v1/users/me', () => {
  it('ends the account and its sessions, and frees the address', async () => {
    const user = await given.user();
    const asUser = api.as(user);
    expect(await asUser.delete('/v1/users/me')).toBeProblem('precondition-required', 428);

    expect((await asUser.delete('/v1/users/me', { 'If-Match': '*' })).status).toBe(204);

    expect(await asUser.get('/v1/users/me')).toBeProblem('unauthenticated', 401);
    expect(await api.post('/v1/auth/login', user)).toBeProblem('validation-failed', 422);
    const { email, password } = user;
    expect(await api.post('/v1/auth/login', { email, password })).toBeProblem('invalid-credentials', 401);
    expect((await given.user({ email })).email).toBe(email);
  });

  it('is refused to the last administrator', async () => {
    const admin = await given.admin();
    await database.pool.query(`UPDATE users SET roles = '{user}' WHERE id <> $1`, [admin.id]);

    expect(await api.as(admin).delete('/v1/users/me', { 'If-Match': '"9"' })).toBeProblem('precondition-failed', 412);
    expect(await api.as(admin).delete('/v1/users/me', { 'If-Match': '*' })).toBeProblem('last-administrator', 409);
    expect((await api.as(admin).get('/v1/users/me')).status).toBe(200);
  });
});
