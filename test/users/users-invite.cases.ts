import { describe, expect, it } from '@jest/globals';
import { Mailbox } from '../harness/mail/mailbox.ts';
import { usersApp } from './users-app.ts';

const { api, factory, database } = await usersApp();
const mailbox = new Mailbox(api);
const admin = await factory.admin();
const asAdmin = api.as(admin);
const password = 'a password that was chosen by its owner';
let counter = 0;

function newEmail(): string {
  counter += 1;
  return `invited${counter}@example.com`;
}

describe('POST /v1/users', () => {
  it('creates an account, returns its location and sends an invitation', async () => {
    const email = newEmail();

    const response = await asAdmin.post('/v1/users', { email, displayName: 'Grace', roles: ['user', 'admin'] });

    const { id } = response.body as { id: string };
    expect(response).toMatchObject({ status: 201, headers: { location: `/v1/users/${id}`, etag: '"1"' } });
    expect(response.body).toMatchObject({
      email,
      displayName: 'Grace',
      roles: ['user', 'admin'],
      status: 'unverified',
    });
    expect((await asAdmin.get(`/v1/users/${id}`)).text).toBe(response.text);
    expect(await mailbox.tokenFor(email)).toMatch(/^[\w-]{43}$/);
    expect(await factory.auditEvents({ subjectId: id, event: 'user_created' })).toMatchObject([
      { actor_id: admin.id, reason: 'invited as user admin' },
    ]);
  });

  it('sends no email when the email address is taken in another case', async () => {
    const taken = await factory.user({ email: `Taken${process.pid}@Example.com` });
    const email = taken.email.toLowerCase();

    const response = await asAdmin.post('/v1/users', { email });

    expect(response).toBeProblem('email-taken', 409);
    expect(response.body).toMatchObject({ errors: [{ pointer: '#/email' }] });
    expect((await api.get(`/dev/mailbox?to=${email}`)).body).toMatchObject({ data: [] });
  });

  it('creates one account for concurrent requests', async () => {
    const email = newEmail();

    const responses = await Promise.all(
      Array.from({ length: 10 }, async () => await asAdmin.post('/v1/users', { email })),
    );

    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(responses.map(({ body }) => (body as { id: string }).id)).size).toBe(1);
    const { rows } = await database.pool.query(
      'SELECT 1 FROM one_time_tokens WHERE email = $1 AND revoked_at IS NULL AND consumed_at IS NULL',
      [email],
    );
    expect(rows).toHaveLength(1);
  });

  it('reclaims an unverified registration', async () => {
    const email = newEmail();
    await api.post('/v1/auth/register', { email, password: 'the password of an attacker', displayName: 'Attacker' });
    const earlierToken = await mailbox.tokenFor(email);

    const response = await asAdmin.post('/v1/users', { email, roles: ['user', 'admin'] });

    expect(response).toMatchObject({ status: 201, body: { displayName: null, roles: ['user', 'admin'] } });
    expect(await api.post('/v1/auth/email/verify', { token: earlierToken })).toBeProblem('invalid-token', 400);
    const token = await mailbox.tokenFor(email);
    expect((await api.post('/v1/auth/password/reset', { token, newPassword: password })).status).toBe(204);
    expect((await api.post('/v1/auth/login', { email, password })).status).toBe(200);
  });

  it('sends another invitation and revokes the older one', async () => {
    const email = newEmail();
    const first = await asAdmin.post('/v1/users', { email });
    const old = await mailbox.tokenFor(email);

    const again = await asAdmin.post('/v1/users', { email });

    expect(again).toMatchObject({ status: 201, headers: { location: first.headers['location'] } });
    expect(await api.post('/v1/auth/password/reset', { token: old, newPassword: password })).toBeProblem(
      'invalid-token',
      400,
    );
    const token = await mailbox.tokenFor(email);
    expect((await api.post('/v1/auth/password/reset', { token, newPassword: password })).status).toBe(204);
  });

  it('keeps the roles of an earlier invitation unless roles are sent', async () => {
    const email = newEmail();
    await asAdmin.post('/v1/users', { email, roles: ['user', 'admin'] });

    expect(await asAdmin.post('/v1/users', { email })).toMatchObject({
      status: 201,
      body: { roles: ['user', 'admin'] },
    });
    expect(await asAdmin.post('/v1/users', { email, roles: ['user'] })).toMatchObject({ body: { roles: ['user'] } });
  });

  it('accepts the email address of a deleted user', async () => {
    const deleted = await factory.user({ deleted: true });

    expect((await asAdmin.post('/v1/users', { email: deleted.email })).status).toBe(201);
  });

  it('reports every violation of an invitation at once', async () => {
    const body = { email: 'invalid', displayName: '', roles: ['admin', 'none'], password };

    const response = await asAdmin.post('/v1/users', body);

    expect(response).toBeProblem('validation-failed', 422);
    const { errors } = response.body as { errors: { pointer: string }[] };
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual(['#/displayName', '#/email', '#/password', '#/roles']);
  });

  it('rejects invalid invitations and callers without the permission', async () => {
    for (const email of [
      'invalid',
      'j\u00fcrgen@example.com',
      'x@ex\u00e4mple.com',
      '"a b"@example.com',
      '"a"@example.com',
    ])
      expect(await asAdmin.post('/v1/users', { email })).toBeProblem('validation-failed', 422);
    expect(await asAdmin.post('/v1/users', {})).toBeProblem('validation-failed', 422);
    expect(await asAdmin.post('/v1/users', { email: newEmail(), password })).toBeProblem('validation-failed', 422);
    expect(await api.as(await factory.user({ roles: [] })).post('/v1/users', { email: newEmail() })).toBeProblem(
      'forbidden',
      403,
    );
  });
});

describe('POST /v1/auth/password/reset', () => {
  it('accepts an invitation once, verifies the email address and sets the password', async () => {
    const email = newEmail();
    await asAdmin.post('/v1/users', { email });
    const token = await mailbox.tokenFor(email);
    expect(await api.post('/v1/auth/login', { email, password })).toBeProblem('invalid-credentials', 401);

    const response = await api.post('/v1/auth/password/reset', { token, newPassword: password });

    expect(response).toMatchObject({ status: 204, text: '' });
    expect((await api.as({ email, password }).get('/v1/users/me')).body).toMatchObject({
      emailVerified: true,
      status: 'active',
    });
    expect(await api.post('/v1/auth/password/reset', { token, newPassword: password })).toBeProblem(
      'invalid-token',
      400,
    );
  });

  it('keeps the token valid when the password is too weak', async () => {
    const email = newEmail();
    await asAdmin.post('/v1/users', { email });
    const token = await mailbox.tokenFor(email);

    expect(await api.post('/v1/auth/password/reset', { token, newPassword: 'short' })).toBeProblem(
      'weak-password',
      422,
    );
    expect((await api.post('/v1/auth/password/reset', { token, newPassword: password })).status).toBe(204);
  });

  it('accepts one of many concurrent requests with the same token', async () => {
    const email = newEmail();
    await asAdmin.post('/v1/users', { email });
    const token = await mailbox.tokenFor(email);

    const responses = await Promise.all(
      Array.from(
        { length: 8 },
        async () => await api.post('/v1/auth/password/reset', { token, newPassword: password }),
      ),
    );

    expect(responses.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(7).fill(400)]);
  });

  it('rejects tokens of another purpose, expired tokens and tokens of deleted users', async () => {
    const registered = newEmail();
    await api.post('/v1/auth/register', { email: registered, password });
    const [late, deleted] = [newEmail(), newEmail()];
    await asAdmin.post('/v1/users', { email: late });
    const { id } = (await asAdmin.post('/v1/users', { email: deleted })).body as { id: string };
    const tokens = await Promise.all([registered, late, deleted].map(async (email) => await mailbox.tokenFor(email)));
    await database.pool.query(`UPDATE one_time_tokens SET expires_at = now() WHERE email = $1`, [late]);
    await asAdmin.delete(`/v1/users/${id}`, { 'If-Match': '*' });

    for (const token of [...tokens, 'nothing']) {
      expect(await api.post('/v1/auth/password/reset', { token, newPassword: password })).toBeProblem(
        'invalid-token',
        400,
      );
    }
  });
});

describe('A registration with an invited email address', () => {
  it('does not set the password of the invited account', async () => {
    const email = newEmail();
    const invited = (await asAdmin.post('/v1/users', { email, roles: ['admin'] })).body as { id: string };

    const response = await api.post('/v1/auth/register', {
      email,
      password: 'the password of another person entirely',
    });

    expect(response.status).toBe(202);
    const { rows } = await database.pool.query('SELECT password_hash FROM users WHERE id = $1', [invited.id]);
    expect(rows).toEqual([{ password_hash: null }]);
    const token = await mailbox.tokenFor(email);
    expect(await api.post('/v1/auth/email/verify', { token })).toBeProblem('invalid-token', 400);
    expect((await api.post('/v1/auth/password/reset', { token, newPassword: password })).status).toBe(204);
    expect((await api.as({ email, password }).get('/v1/users/me')).body).toMatchObject({ id: invited.id });
  });
});

describe('/account/accept-invitation', () => {
  it('asks for a password, reports why it is rejected, and sets it', async () => {
    const email = newEmail();
    await asAdmin.post('/v1/users', { email });
    const token = await mailbox.tokenFor(email);
    const send = async (chosen: string): Promise<{ status: number; page: string }> => {
      const response = await fetch(`${api.baseUrl}/account/accept-invitation`, {
        method: 'POST',
        headers: { Accept: 'text/html' },
        body: new URLSearchParams({ token, newPassword: chosen }),
      });
      return { status: response.status, page: await response.text() };
    };

    const form = await api.get(`/account/accept-invitation?token=${token}`);
    expect(form).toMatchObject({ status: 200, text: expect.stringContaining(`value="${token}"`) });
    expect(await send('short')).toMatchObject({ status: 422, page: expect.stringContaining('at least 15 characters') });
    expect(await send(password)).toMatchObject({ status: 200, page: expect.stringContaining('Welcome') });
    expect(await send(password)).toMatchObject({ status: 400, page: expect.stringContaining('no longer works') });
    expect((await api.as({ email, password }).get('/v1/users/me')).status).toBe(200);
  });
});
