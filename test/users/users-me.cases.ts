import { describe, expect, it } from '@jest/globals';
import { etagsNeverSent, invalidOwnChanges } from '../contracts/rule-tables.ts';
import { validatingFetch } from '../harness/openapi/validating-client.ts';
import { waitUntil } from '../harness/process/wait-until.ts';
import { usersApp } from './users-app.ts';

const { api, factory, database } = await usersApp();

describe('GET /v1/users/me', () => {
  it('returns 304 for the current ETag until the representation changes', async () => {
    const user = await factory.user();
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

  it('returns 304 for a HEAD request', async () => {
    const user = await factory.user();
    const { accessToken } = await api.tokensOf(user);

    const response = await validatingFetch(
      new Request(`${api.baseUrl}/v1/users/me`, {
        method: 'HEAD',
        headers: { Authorization: `Bearer ${accessToken}`, 'If-None-Match': '*' },
      }),
    );

    expect(response.status).toBe(304);
    expect(response.headers.get('etag')).toMatch(/^"1/);
  });
});

describe('PATCH /v1/users/me', () => {
  it.each(['null', '[]', 'false', '"x"', '1'])('returns 422 for %s, which is not an object', async (body) => {
    const { accessToken } = await api.tokensOf(await factory.user());

    const response = await validatingFetch(
      new Request(`${api.baseUrl}/v1/users/me`, {
        method: 'PATCH',
        headers: { Authorization: `Bearer ${accessToken}`, 'If-Match': '*', 'Content-Type': 'application/json' },
        body,
      }),
    );

    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ errors: [{ pointer: '#', code: 'is_object' }] });
  });

  it('reports every violation beside a text that cannot be stored', async () => {
    const response = await api
      .as(await factory.user())
      .patch('/v1/users/me', { displayName: 'a\0b', timezone: 'Nowhere', zz: 1 }, { 'If-Match': '*' });

    expect(response).toBeProblem('validation-failed', 422);
    expect((response.body as { errors: { pointer: string }[] }).errors.map(({ pointer }) => pointer)).toEqual([
      '#/displayName',
      '#/timezone',
      '#/zz',
    ]);
  });
});

describe('A user who is deleted while their request runs', () => {
  it.each(['patch', 'delete'] as const)('is unauthenticated: %s', async (method) => {
    const user = await factory.user();
    const asUser = api.as(user);
    await asUser.get('/v1/users/me');
    const other = await database.pool.connect();
    await other.query('BEGIN');
    await other.query('UPDATE users SET deleted_at = now() WHERE id = $1', [user.id]);

    const match = { 'If-Match': '*' };
    const pending =
      method === 'patch' ? asUser.patch('/v1/users/me', { locale: 'de' }, match) : asUser.delete('/v1/users/me', match);
    await waitUntil('the request waits for the row', async () => {
      const { rows } = await database.pool.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rows.length === 1;
    });
    await other.query('COMMIT');
    other.release();

    expect(await pending).toBeProblem('unauthenticated', 401);
  });
});

describe('PATCH /v1/users/me', () => {
  it('updates only the sent fields, and returns a new ETag', async () => {
    const user = await factory.admin();
    const asUser = api.as(user);
    const { etag = '' } = (await asUser.get('/v1/users/me')).headers;

    const response = await asUser.patch(
      '/v1/users/me',
      { locale: 'de-AT', timezone: 'Europe/Vienna' },
      { 'If-Match': etag },
    );

    expect(response).toMatchObject({
      status: 200,
      body: { locale: 'de-AT', timezone: 'Europe/Vienna', email: user.email },
    });
    expect(response.headers['etag']).not.toBe(etag);
    expect((await asUser.get('/v1/users/me')).text).toBe(response.text);
    expect(await factory.auditEvents({ subjectId: user.id, event: 'user_updated' })).toMatchObject([
      { actor_id: user.id, reason: 'own profile changed' },
    ]);
  });

  it('requires a current If-Match', async () => {
    const asUser = api.as(await factory.user());
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

  it('rejects ETags that were never sent', async () => {
    const asAdmin = api.as(await factory.admin());
    for (const etag of etagsNeverSent) {
      expect(await asAdmin.patch('/v1/users/me', { displayName: 'B' }, { 'If-Match': etag })).toBeProblem(
        'precondition-failed',
        412,
      );
    }
  });

  it('applies exactly one of 100 concurrent updates of the same version', async () => {
    const asUser = api.as(await factory.user());
    const { etag = '' } = (await asUser.get('/v1/users/me')).headers;

    const responses = await Promise.all(
      Array.from({ length: 100 }, async (_, at) => {
        return await asUser.patch('/v1/users/me', { displayName: `Name ${at}` }, { 'If-Match': etag });
      }),
    );

    const statuses = responses.map(({ status }) => status).sort();
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 412)).toHaveLength(99);
  });

  it.each(invalidOwnChanges)('returns 422 for %s', async (_, change, pointer) => {
    const response = await api.as(await factory.user()).patch('/v1/users/me', { ...change }, { 'If-Match': '*' });

    expect(response).toBeProblem('validation-failed', 422);
    expect(response.body).toMatchObject({ errors: expect.arrayContaining([expect.objectContaining({ pointer })]) });
  });
});

describe('DELETE /v1/users/me', () => {
  it('deletes the account, revokes its sessions and releases the email address', async () => {
    const user = await factory.user();
    const asUser = api.as(user);
    expect(await asUser.delete('/v1/users/me')).toBeProblem('precondition-required', 428);

    expect((await asUser.delete('/v1/users/me', { 'If-Match': '*' })).status).toBe(204);

    expect(await asUser.get('/v1/users/me')).toBeProblem('unauthenticated', 401);
    expect(await api.post('/v1/auth/login', user)).toBeProblem('validation-failed', 422);
    const { email, password } = user;
    expect(await api.post('/v1/auth/login', { email, password })).toBeProblem('invalid-credentials', 401);
    expect((await factory.user({ email })).email).toBe(email);
  });
});
