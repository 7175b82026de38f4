import { describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { ApiResponse, Tokens } from '../../harness/http/api.ts';
import { sharedApp } from '../../harness/app/app.ts';
import { clusterMode } from '../../harness/app/cluster.ts';
import { Mailbox } from '../../harness/mail/mailbox.ts';

const { api, factory, database } = await sharedApp();
const mailbox = new Mailbox(api);

const password = 'correct horse battery staple';
let counter = 0;
const newEmail = (): string => `reader${(counter += 1)}@example.com`;

async function register(email: string): Promise<ApiResponse> {
  return await api.post('/v1/auth/register', { email, password, displayName: 'Reader' });
}

const withoutTimes = ({ status, text, headers }: ApiResponse): object => {
  const { date: _date, ratelimit: _left, 'x-request-id': _id, ...rest } = headers;
  return { status, text: text.replace(/urn:request:[^"]+/, ''), headers: rest };
};

describe('POST /v1/auth/register', () => {
  it('creates an unverified account and enqueues the verification email', async () => {
    const email = newEmail();

    const response = await register(email);

    expect(response).toMatchObject({ status: 202, body: { status: 'accepted' } });
    const mails = await mailbox.mailsTo(email);
    expect(mails).toHaveLength(1);
    expect(mails[0]?.subject).toBe('Confirm your email address');
    expect(mails[0]?.links[0]).toMatch(/\/account\/verify-email\?token=[A-Za-z0-9_-]{43}$/);
    expect(await factory.auditEvents({ event: 'user_created' })).toContainEqual(
      expect.objectContaining({
        outcome: 'success',
        reason: 'registered',
        request_id: response.headers['x-request-id'],
      }),
    );
  });

  it.each([
    ['de-AT, en;q=0.5', 'de'],
    ['fr, en;q=0.5', 'en'],
    [undefined, 'en'],
  ])('stores for Accept-Language %j the language %s', async (header, locale) => {
    const email = newEmail();

    await api.post('/v1/auth/register', { email, password }, header === undefined ? {} : { 'Accept-Language': header });

    const { rows } = await database.pool.query('SELECT locale FROM users WHERE email = $1', [email]);
    expect(rows).toEqual([{ locale }]);
  });

  it('returns the same response for a taken email address in any spelling, and notifies its owner', async () => {
    const { email } = await factory.user();

    const taken = await register(email.toUpperCase());

    expect(withoutTimes(taken)).toEqual(withoutTimes(await register(newEmail())));
    expect(await mailbox.subjectsTo(email)).toEqual(['You already have an account']);
  });

  it('accepts the email address of a deleted user', async () => {
    const { email } = await factory.user({ deleted: true });

    await register(email);

    expect(await mailbox.subjectsTo(email)).toEqual(['Confirm your email address']);
  });

  it('creates one account for twenty concurrent registrations', async () => {
    const email = newEmail();

    const responses = await Promise.all(Array.from({ length: 20 }, async () => await register(email)));

    expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 202));
    const { rows } = await database.pool.query('SELECT 1 FROM users WHERE email = $1', [email]);
    expect(rows).toHaveLength(1);
  });

  it.each([
    ['14 characters', 'a'.repeat(14), 'too_short'],
    ['14 code points that take 28 units', '\u{1F511}'.repeat(14), 'too_short'],
    ['129 characters', 'a'.repeat(129), 'too_long'],
  ])('rejects a password of %s and changes nothing', async (_, weak, code) => {
    const email = newEmail();

    const response = await api.post('/v1/auth/register', { email, password: weak });

    expect(response).toBeProblem('weak-password', 422);
    expect(response.body).toMatchObject({
      errors: [
        { pointer: '#/password', code },
        { pointer: '#/password', code: 'too_common' },
      ],
    });
    expect(await mailbox.mailsTo(email)).toEqual([]);
  });

  it('stores neither password nor token in clear text', async () => {
    const email = newEmail();
    await register(email);
    const token = await mailbox.tokenFor(email);

    const { rows } = await database.pool.query<{ dump: string }>(
      `SELECT u::text || t::text || m::text AS dump FROM users u JOIN one_time_tokens t ON t.user_id = u.id
       JOIN mails m ON m.one_time_token_id = t.id WHERE u.email = $1`,
      [email],
    );

    expect(rows).toHaveLength(1);
    expect(rows[0]?.dump).not.toContain(password);
    expect(rows[0]?.dump).not.toContain(token);
    expect(rows[0]?.dump).not.toContain(Buffer.from(token).toString('hex'));
    const cost = clusterMode === 'on' ? 'm=19456,t=2' : 'm=1024,t=1';
    expect(rows[0]?.dump).toContain(`$argon2id$v=19$${cost},p=1$`);
  });
});

describe('POST /v1/auth/email/verify', () => {
  it('verifies the email address once', async () => {
    const email = newEmail();
    await register(email);
    const token = await mailbox.tokenFor(email);

    expect((await api.post('/v1/auth/email/verify', { token })).status).toBe(204);
    expect(await api.post('/v1/auth/email/verify', { token })).toBeProblem('invalid-token', 400);
  });

  it('succeeds for one of twenty concurrent requests with the same token', async () => {
    const email = newEmail();
    await register(email);
    const token = await mailbox.tokenFor(email);

    const responses = await Promise.all(
      Array.from({ length: 20 }, async () => await api.post('/v1/auth/email/verify', { token })),
    );

    expect(responses.filter(({ status }) => status === 204)).toHaveLength(1);
  });

  it('rejects an expired token like an unknown one', async () => {
    const email = newEmail();
    await register(email);
    const token = await mailbox.tokenFor(email);
    await database.pool.query(`UPDATE one_time_tokens SET expires_at = now() WHERE email = $1`, [email]);

    const expired = await api.post('/v1/auth/email/verify', { token });

    expect(expired).toBeProblem('invalid-token', 400);
    const unknown = await api.post('/v1/auth/email/verify', { token: 'A'.repeat(43) });
    expect(withoutTimes(unknown)).toEqual(withoutTimes(expired));
  });

  it('is sent by the button of the linked page, not by opening the link', async () => {
    const email = newEmail();
    await register(email);
    const token = await mailbox.tokenFor(email);

    const page = await api.get(`/account/verify-email?token=${token}`, { Accept: 'text/html' });
    expect(page.text).toContain(`value="${token}"`);
    expect(await api.post('/v1/auth/login', { email, password })).toBeProblem('invalid-credentials', 401);

    const pressed = await fetch(`${api.baseUrl}/account/verify-email`, {
      method: 'POST',
      body: new URLSearchParams({ token }),
    });
    expect(pressed.status).toBe(200);
    expect((await api.post('/v1/auth/login', { email, password })).status).toBe(200);
    const again = await fetch(`${api.baseUrl}/account/verify-email`, {
      method: 'POST',
      headers: { Accept: 'text/html' },
      body: new URLSearchParams({ token }),
    });
    expect(again.status).toBe(400);
    expect(again.headers.get('content-type')).toBe('text/html; charset=utf-8');
  });
});

describe('POST /v1/auth/login', () => {
  it('creates a session with an RFC 9068 token signed by a published key', async () => {
    const user = await factory.user();

    const response = await api.post('/v1/auth/login', { email: user.email.toUpperCase(), password: user.password });

    expect(response).toMatchObject({
      status: 200,
      body: { tokenType: 'Bearer', expiresIn: 600, refreshExpiresIn: expect.any(Number) },
    });
    const { accessToken, refreshToken } = response.body as Tokens;
    expect(refreshToken).toMatch(/^rt_[A-Za-z0-9_-]{43}$/);
    const jwks = await api.get('/.well-known/jwks.json');
    const { kid } = (jwks.body as { keys: [{ kid: string }] }).keys[0];
    expect(decodeProtectedHeader(accessToken)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid });
    expect(Object.keys(decodeJwt(accessToken)).sort()).toEqual(
      ['acr', 'amr', 'aud', 'auth_time', 'exp', 'iat', 'iss', 'jti', 'scope', 'sid', 'sub'].sort(),
    );
    expect(await factory.auditEvents({ subjectId: user.id })).toEqual([
      expect.objectContaining({ event: 'authn_login_success', outcome: 'success', ip: '127.0.0.1' }),
    ]);
  });

  it('returns the same response for every reason of a failure', async () => {
    const user = await factory.user();
    const disabled = await factory.user({ disabled: true });
    const passwordless = await factory.user();
    await database.pool.query('UPDATE users SET password_hash = NULL WHERE id = $1', [passwordless.id]);
    const unverified = await factory.user({ verified: false });

    const responses = [
      await api.post('/v1/auth/login', { email: newEmail(), password }),
      await api.post('/v1/auth/login', { email: user.email, password }),
      await api.post('/v1/auth/login', { email: disabled.email, password: disabled.password }),
      await api.post('/v1/auth/login', { email: passwordless.email, password }),
      await api.post('/v1/auth/login', { email: unverified.email, password: unverified.password }),
    ];

    for (const response of responses) {
      expect(response).toBeProblem('invalid-credentials', 401);
      expect(withoutTimes(response)).toEqual(withoutTimes(responses[0] as ApiResponse));
    }
    expect(responses[0]?.body).toMatchObject({ detail: expect.stringMatching(/must verify its email address first/) });
  });

  it('records every failure, without the email address of unknown accounts', async () => {
    const user = await factory.user();
    const unknown = newEmail();

    await api.post('/v1/auth/login', { email: user.email, password });
    await api.post('/v1/auth/login', { email: unknown, password });

    expect(await factory.auditEvents({ subjectId: user.id })).toEqual([
      expect.objectContaining({ event: 'authn_login_fail', outcome: 'failure', reason: 'wrong password' }),
    ]);
    const failures = await factory.auditEvents({ event: 'authn_login_fail' });
    expect(failures.at(-1)?.['reason']).toMatch(/^unknown account [A-Za-z0-9_-]{22}$/);
    expect(JSON.stringify(failures)).not.toContain(unknown);
  });

  it('records a valid password of an account that is not verified as a failure', async () => {
    const user = await factory.user({ verified: false });

    expect(await api.post('/v1/auth/login', user)).toBeProblem('validation-failed', 422);
    await api.post('/v1/auth/login', { email: user.email, password: user.password });

    expect(await factory.auditEvents({ subjectId: user.id })).toEqual([
      expect.objectContaining({ event: 'authn_login_fail', outcome: 'failure', reason: 'email address not verified' }),
    ]);
  });

  it('accepts a password in either Unicode normalization form', async () => {
    const email = newEmail();
    await api.post('/v1/auth/register', { email, password: 'caf\u00e9 au lait et croissant' });
    await api.post('/v1/auth/email/verify', { token: await mailbox.tokenFor(email) });

    expect((await api.post('/v1/auth/login', { email, password: 'cafe\u0301 au lait et croissant' })).status).toBe(200);
  });
});

describe('An access token', () => {
  it('stops working when its user is disabled or deleted', async () => {
    for (const column of ['disabled_at', 'deleted_at']) {
      const user = await factory.user();
      await api.tokensOf(user);
      await database.pool.query(`UPDATE users SET ${column} = now() WHERE id = $1`, [user.id]);

      expect(await api.as(user).get('/v1/users/me')).toBeProblem('unauthenticated', 401);
    }
  });

  it('is rejected with the challenge of RFC 6750 when it is invalid', async () => {
    const missing = await api.get('/v1/users/me');
    const bad = await api.get('/v1/users/me', { Authorization: 'Bearer a.b.c' });

    expect(missing.headers['www-authenticate']).toBe('Bearer realm="plinth"');
    expect(bad.headers['www-authenticate']).toBe('Bearer realm="plinth", error="invalid_token"');
  });
});

describe('POST /v1/auth/logout', () => {
  it('revokes the session of the access token, and is idempotent', async () => {
    const user = await factory.user();
    const asUser = api.as(user);

    expect((await asUser.post('/v1/auth/logout')).status).toBe(204);

    expect(await asUser.get('/v1/users/me')).toBeProblem('unauthenticated', 401);
    expect((await asUser.post('/v1/auth/logout')).status).toBe(204);
    const { refreshToken } = await api.tokensOf(user);
    expect(await api.post('/v1/auth/refresh', { refreshToken })).toBeProblem('invalid-refresh-token', 401);
  });

  it('revokes the session of a refresh token without an access token', async () => {
    const user = await factory.user();
    const { refreshToken } = await api.tokensOf(user);

    expect((await api.post('/v1/auth/logout', { refreshToken })).status).toBe(204);

    expect(await api.as(user).get('/v1/users/me')).toBeProblem('unauthenticated', 401);
    expect(await factory.auditEvents({ subjectId: user.id })).toContainEqual(
      expect.objectContaining({ event: 'session_ended', actor_id: user.id, reason: 'logout' }),
    );
  });

  it('returns 204 without a session', async () => {
    expect((await api.post('/v1/auth/logout')).status).toBe(204);
    expect((await api.post('/v1/auth/logout', { refreshToken: `rt_${'A'.repeat(43)}` })).status).toBe(204);
  });
});
