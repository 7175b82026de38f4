import { describe, expect, it } from '@jest/globals';
import { start } from './support/app.ts';

const { api, given, database } = await start();
const admin = await given.admin();
const asAdmin = api.as(admin);
const password = 'a password that was chosen by its owner';
let counter = 0;

function freshAddress(): string {
  counter += 1;
  return `invited${counter}@example.com`;
}

/** The token of the newest mail to this address. */
async function mailedToken(email: string): Promise<string> {
  const { body } = await api.get(`/dev/mailbox?to=${email}`);
  const [mail] = (body as { data: { subject: string; links: string[] }[] }).data;
  return new URL(mail?.links[0] ?? 'about:blank').searchParams.get('token') ?? '';
}

describe('POST /v1/users', () => {
  it('makes an account, says where it is and mails an invitation', async () => {
    const email = freshAddress();

    const reply = await asAdmin.post('/v1/users', { email, displayName: 'Grace', roles: ['user', 'admin'] });

    const { id } = reply.body as { id: string };
    expect(reply).toMatchObject({ status: 201, headers: { location: `/v1/users/${id}`, etag: '"1"' } });
    expect(reply.body).toMatchObject({ email, displayName: 'Grace', roles: ['user', 'admin'], status: 'unverified' });
    expect((await asAdmin.get(`/v1/users/${id}`)).text).toBe(reply.text);
    expect(await mailedToken(email)).toMatch(/^[\w-]{43}$/);
    expect(await given.auditEvents({ subjectId: id, event: 'user_created' })).toMatchObject([
      { actor_id: admin.id, reason: 'invited as user admin' },
    ]);
  });

  it('promises no mail when the address is taken, in whatever case', async () => {
    const taken = await given.user({ email: `Taken${process.pid}@Example.com` });
    const email = taken.email.toLowerCase();

    const reply = await asAdmin.post('/v1/users', { email });

    expect(reply).toBeProblem('email-taken', 409);
    expect(reply.body).toMatchObject({ errors: [{ pointer: '#/email' }] });
    expect((await api.get(`/dev/mailbox?to=${email}`)).body).toMatchObject({ data: [] });
  });

  it('makes one account of many at once', async () => {
    const email = freshAddress();

    const replies = await Promise.all(
      Array.from({ length: 10 }, async () => await asAdmin.post('/v1/users', { email })),
    );

    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(replies.map(({ body }) => (body as { id: string }).id)).size).toBe(1);
    const { rows } = await database.pool.query(
      'SELECT 1 FROM mailed_tokens WHERE address = $1 AND voided_at IS NULL AND consumed_at IS NULL',
      [email],
    );
    expect(rows).toHaveLength(1);
  });

  it('takes over what somebody has registered and nobody has verified', async () => {
    const email = freshAddress();
    await api.post('/v1/auth/register', { email, password: 'the password of a squatter', displayName: 'Squatter' });
    const squatted = await mailedToken(email);

    const reply = await asAdmin.post('/v1/users', { email, roles: ['user', 'admin'] });

    expect(reply).toMatchObject({ status: 201, body: { displayName: null, roles: ['user', 'admin'] } });
    expect(await api.post('/v1/auth/email/verify', { token: squatted })).toBeProblem('invalid-token', 400);
    const token = await mailedToken(email);
    expect((await api.post('/v1/auth/password/reset', { token, newPassword: password })).status).toBe(204);
    expect((await api.post('/v1/auth/login', { email, password })).status).toBe(200);
  });

  it('sends another invitation, and the older one is over', async () => {
    const email = freshAddress();
    const first = await asAdmin.post('/v1/users', { email });
    const old = await mailedToken(email);

    const again = await asAdmin.post('/v1/users', { email });

    expect(again).toMatchObject({ status: 201, headers: { location: first.headers['location'] } });
    expect(await api.post('/v1/auth/password/reset', { token: old, newPassword: password })).toBeProblem(
      'invalid-token',
      400,
    );
    const token = await mailedToken(email);
    expect((await api.post('/v1/auth/password/reset', { token, newPassword: password })).status).toBe(204);
  });

  it('leaves the roles of who was invited before as they are, unless it gives others', async () => {
    const email = freshAddress();
    await asAdmin.post('/v1/users', { email, roles: ['user', 'admin'] });

    expect(await asAdmin.post('/v1/users', { email })).toMatchObject({
      status: 201,
      body: { roles: ['user', 'admin'] },
    });
    expect(await asAdmin.post('/v1/users', { email, roles: ['user'] })).toMatchObject({ body: { roles: ['user'] } });
  });

  it('takes the address of a deleted user', async () => {
    const gone = await given.user({ deleted: true });

    expect((await asAdmin.post('/v1/users', { email: gone.email })).status).toBe(201);
  });

  it('refuses what is no invitation, and who may not invite', async () => {
    for (const email of [
      'nobody',
      'j\u00fcrgen@example.com',
      'x@ex\u00e4mple.com',
      '"a b"@example.com',
      '"a"@example.com',
    ])
      expect(await asAdmin.post('/v1/users', { email })).toBeProblem('validation-failed', 422);
    expect(await asAdmin.post('/v1/users', {})).toBeProblem('validation-failed', 422);
    expect(await asAdmin.post('/v1/users', { email: freshAddress(), password })).toBeProblem('validation-failed', 422);
    expect(await api.as(await given.user()).post('/v1/users', { email: freshAddress() })).toBeProblem('forbidden', 403);
  });
});

describe('POST /v1/auth/password/reset', () => {
  it('accepts an invitation once: the address is verified and the password counts', async () => {
    const email = freshAddress();
    await asAdmin.post('/v1/users', { email });
    const token = await mailedToken(email);
    expect(await api.post('/v1/auth/login', { email, password })).toBeProblem('invalid-credentials', 401);

    const reply = await api.post('/v1/auth/password/reset', { token, newPassword: password });

    expect(reply).toMatchObject({ status: 204, text: '' });
    expect((await api.as({ email, password }).get('/v1/users/me')).body).toMatchObject({
      emailVerified: true,
      status: 'active',
    });
    expect(await api.post('/v1/auth/password/reset', { token, newPassword: password })).toBeProblem(
      'invalid-token',
      400,
    );
  });

  it('keeps the token when the password is too weak', async () => {
    const email = freshAddress();
    await asAdmin.post('/v1/users', { email });
    const token = await mailedToken(email);

    expect(await api.post('/v1/auth/password/reset', { token, newPassword: 'short' })).toBeProblem(
      'weak-password',
      422,
    );
    expect((await api.post('/v1/auth/password/reset', { token, newPassword: password })).status).toBe(204);
  });

  it('is spent by one of many at once', async () => {
    const email = freshAddress();
    await asAdmin.post('/v1/users', { email });
    const token = await mailedToken(email);

    const replies = await Promise.all(
      Array.from(
        { length: 8 },
        async () => await api.post('/v1/auth/password/reset', { token, newPassword: password }),
      ),
    );

    expect(replies.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(7).fill(400)]);
  });

  it('takes no token of another purpose, none that has expired, and none of a deleted user', async () => {
    const registered = freshAddress();
    await api.post('/v1/auth/register', { email: registered, password });
    const [late, gone] = [freshAddress(), freshAddress()];
    await asAdmin.post('/v1/users', { email: late });
    const { id } = (await asAdmin.post('/v1/users', { email: gone })).body as { id: string };
    const tokens = await Promise.all([registered, late, gone].map(mailedToken));
    await database.pool.query(`UPDATE mailed_tokens SET expires_at = now() WHERE address = $1`, [late]);
    await asAdmin.delete(`/v1/users/${id}`, { 'If-Match': '*' });

    for (const token of [...tokens, 'nothing']) {
      expect(await api.post('/v1/auth/password/reset', { token, newPassword: password })).toBeProblem(
        'invalid-token',
        400,
      );
    }
  });
});

describe('Somebody who registers an invited address', () => {
  it('does not become its owner by the confirmation of whoever was invited', async () => {
    const email = freshAddress();
    const invited = (await asAdmin.post('/v1/users', { email, roles: ['admin'] })).body as { id: string };

    const reply = await api.post('/v1/auth/register', { email, password: 'the password of somebody else entirely' });

    expect(reply.status).toBe(202);
    const { rows } = await database.pool.query('SELECT password_hash FROM users WHERE id = $1', [invited.id]);
    expect(rows).toEqual([{ password_hash: null }]);
    const token = await mailedToken(email);
    expect(await api.post('/v1/auth/email/verify', { token })).toBeProblem('invalid-token', 400);
    expect((await api.post('/v1/auth/password/reset', { token, newPassword: password })).status).toBe(204);
    expect((await api.as({ email, password }).get('/v1/users/me')).body).toMatchObject({ id: invited.id });
  });
});

describe('/account/accept-invitation', () => {
  it('asks for a password, says what is wrong with it, and sets it', async () => {
    const email = freshAddress();
    await asAdmin.post('/v1/users', { email });
    const token = await mailedToken(email);
    const send = async (chosen: string): Promise<{ status: number; page: string }> => {
      const reply = await fetch(`${api.baseUrl}/account/accept-invitation`, {
        method: 'POST',
        headers: { Accept: 'text/html' },
        body: new URLSearchParams({ token, newPassword: chosen }),
      });
      return { status: reply.status, page: await reply.text() };
    };

    const asked = await api.get(`/account/accept-invitation?token=${token}`);
    expect(asked).toMatchObject({ status: 200, text: expect.stringContaining(`value="${token}"`) });
    expect(await send('short')).toMatchObject({ status: 422, page: expect.stringContaining('at least 15 characters') });
    expect(await send(password)).toMatchObject({ status: 200, page: expect.stringContaining('Welcome') });
    expect(await send(password)).toMatchObject({ status: 400, page: expect.stringContaining('no longer works') });
    expect((await api.as({ email, password }).get('/v1/users/me')).status).toBe(200);
  });
});
