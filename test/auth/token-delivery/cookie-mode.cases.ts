import { describe, expect, it } from '@jest/globals';
import { sharedApp } from '../../harness/app/app.ts';
import type { ApiResponse } from '../../harness/http/api.ts';

const { api, factory, database } = await sharedApp();

const byCookie = { 'X-Token-Delivery': 'cookie' };
const sameOrigin = { 'Sec-Fetch-Site': 'same-origin' };
/** The origin of PUBLIC_URL. */
const ownOrigin = 'http://localhost:3000';
const cookiePattern = /^rt=rt_[\w-]{43}; Path=\/; Max-Age=60\d{4}; HttpOnly; SameSite=Strict$/;

const cookieOf = ({ headers }: ApiResponse): string => headers['set-cookie']?.split(';')[0] ?? '';
const csrfTokenOf = ({ body }: ApiResponse): string => (body as { csrfToken: string }).csrfToken;

interface BrowserSession {
  readonly userId: string;
  readonly accessToken: string;
  readonly cookie: string;
  readonly csrfToken: string;
  /** The headers of an accepted request. */
  readonly headers: Readonly<Record<string, string>>;
}

async function logIn(): Promise<BrowserSession> {
  const { id: userId, email, password } = await factory.user();
  const response = await api.post('/v1/auth/login', { email, password }, byCookie);
  const cookie = cookieOf(response);
  const csrfToken = csrfTokenOf(response);
  const { accessToken } = response.body as { accessToken: string };
  const headers = { ...byCookie, ...sameOrigin, Cookie: cookie, 'X-CSRF-Token': csrfToken };
  return { userId, accessToken, cookie, csrfToken, headers };
}

/** Every column of the sessions of a user and of their refresh tokens. */
async function rowsOf(userId: string): Promise<unknown[]> {
  const { rows } = await database.pool.query<Record<string, unknown>>(
    `SELECT to_jsonb(s) AS session, to_jsonb(t) AS token
     FROM sessions s JOIN refresh_tokens t ON t.session_id = s.id WHERE s.user_id = $1 ORDER BY t.generation`,
    [userId],
  );
  return rows;
}

const refresh = async (headers: Readonly<Record<string, string>>): Promise<ApiResponse> =>
  await api.post('/v1/auth/refresh', {}, headers);
const logout = async (headers: Readonly<Record<string, string>>): Promise<ApiResponse> =>
  await api.post('/v1/auth/logout', {}, headers);
const getCsrfToken = async (headers: Readonly<Record<string, string>>): Promise<ApiResponse> =>
  await api.get('/v1/auth/csrf', headers);
/** The calls that the cookie authenticates. */
const calls = { refresh, logout, getCsrfToken };
/** The first one needs no CSRF token: it returns one. */
const names = ['getCsrfToken', 'refresh', 'logout'] as const;
const unsafe = ['refresh', 'logout'] as const;

describe('Cookie mode', () => {
  it('returns the refresh token in the cookie only', async () => {
    const { email, password } = await factory.user();

    const response = await api.post('/v1/auth/login', { email, password }, byCookie);

    expect(response.status).toBe(200);
    expect(response.headers['set-cookie']).toMatch(cookiePattern);
    expect(Object.keys(response.body as object).sort()).toEqual([
      'accessToken',
      'csrfToken',
      'expiresIn',
      'refreshExpiresIn',
      'tokenType',
    ]);
    expect(response.text).not.toContain('rt_');
  });

  it('is chosen per call: without the header the body has the refresh token, and no cookie is set', async () => {
    const { email, password } = await factory.user();

    const response = await api.post('/v1/auth/login', { email, password });

    expect(response.headers['set-cookie']).toBeUndefined();
    expect(response.body).toHaveProperty('refreshToken');
    expect(response.body).not.toHaveProperty('csrfToken');
    expect(response.body).not.toHaveProperty('sessionId');
  });

  it('rejects another value of X-Token-Delivery, and creates no session', async () => {
    const { id, email, password } = await factory.user();

    const response = await api.post('/v1/auth/login', { email, password }, { 'X-Token-Delivery': 'Cookies' });

    expect(response).toBeProblem('bad-request', 400);
    expect(await rowsOf(id)).toEqual([]);
  });

  it.each([
    ['requested', byCookie],
    ['not requested', {}],
  ])('rotates the cookie with a refresh, cookie mode %s', async (_, delivery) => {
    const { cookie, csrfToken, userId } = await logIn();

    const response = await refresh({ ...delivery, ...sameOrigin, Cookie: cookie, 'X-CSRF-Token': csrfToken });

    expect(response.status).toBe(200);
    expect(response.headers['set-cookie']).toMatch(cookiePattern);
    expect(cookieOf(response)).not.toBe(cookie);
    expect(response.text).not.toContain('rt_');
    expect(await rowsOf(userId)).toHaveLength(2);
    const next = { ...sameOrigin, Cookie: cookieOf(response), 'X-CSRF-Token': csrfTokenOf(response) };
    expect((await refresh(next)).status).toBe(200);
  });

  it('accepts an empty body with the media type of JSON', async () => {
    const { headers } = await logIn();

    const response = await api.post('/v1/auth/refresh', undefined, { ...headers, 'Content-Type': 'application/json' });

    expect(response.status).toBe(200);
  });

  it('accepts every CSRF token of the session, and returns another one without changing anything', async () => {
    const { cookie, csrfToken, headers, userId } = await logIn();
    const before = await rowsOf(userId);

    const response = await getCsrfToken({ ...sameOrigin, Cookie: cookie });

    expect(response.status).toBe(200);
    expect(response.headers['set-cookie']).toBeUndefined();
    expect(csrfTokenOf(response)).not.toBe(csrfToken);
    expect(await rowsOf(userId)).toEqual(before);
    expect((await refresh({ ...headers, 'X-CSRF-Token': csrfTokenOf(response) })).status).toBe(200);
    expect((await refresh(headers)).status).toBe(200);
  });

  it('revokes the session and deletes the cookie at logout, also with an expired access token', async () => {
    const { headers, accessToken } = await logIn();

    const response = await logout({ ...headers, Authorization: 'Bearer expired' });

    expect(response.status).toBe(204);
    expect(response.headers['set-cookie']).toBe('rt=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict');
    expect(await api.get('/v1/users/me', { Authorization: `Bearer ${accessToken}` })).toBeProblem(
      'unauthenticated',
      401,
    );
    expect((await logout(headers)).status).toBe(204);
    expect((await logout(sameOrigin)).status).toBe(204);
    expect(await getCsrfToken(headers)).toBeProblem('invalid-refresh-token', 401);
    expect(await refresh(headers)).toBeProblem('invalid-refresh-token', 401);
  });

  it('replaces the cookie with a password change', async () => {
    const { headers, accessToken } = await logIn();
    const body = { currentPassword: 'a password of the tests', newPassword: 'another password of the tests' };
    const credentials = { ...byCookie, Authorization: `Bearer ${accessToken}` };

    const response = await api.post('/v1/auth/password/change', body, credentials);

    expect(response.headers['set-cookie']).toMatch(cookiePattern);
    expect(response.text).not.toContain('rt_');
    expect(await refresh(headers)).toBeProblem('invalid-refresh-token', 401);
    const changed = { ...headers, Cookie: cookieOf(response), 'X-CSRF-Token': csrfTokenOf(response) };
    expect((await refresh(changed)).status).toBe(200);
  });

  it('moves a session whose refresh token was in the body', async () => {
    const { refreshToken } = await api.logIn(await factory.user());

    const response = await api.post('/v1/auth/refresh', { refreshToken }, byCookie);

    expect(response.headers['set-cookie']).toMatch(cookiePattern);
    expect(response.text).not.toContain('rt_');
  });

  it('returns 401 for a refresh and a CSRF token without the cookie, or with an unknown or duplicate one', async () => {
    const { cookie, headers, userId } = await logIn();
    const before = await rowsOf(userId);

    for (const Cookie of ['', `rt=rt_${'A'.repeat(43)}`, `${cookie}; ${cookie}`]) {
      expect(await refresh({ ...headers, Cookie })).toBeProblem('invalid-refresh-token', 401);
      expect(await getCsrfToken({ ...headers, Cookie })).toBeProblem('invalid-refresh-token', 401);
    }
    expect(await rowsOf(userId)).toEqual(before);
  });

  it('stores no response for an idempotency key', async () => {
    const { email, password } = await factory.user();
    const key = { 'Idempotency-Key': 'cookie-mode' };

    const first = await api.post('/v1/auth/login', { email, password }, { ...byCookie, ...key });
    const second = await api.post('/v1/auth/login', { email, password }, { ...byCookie, ...key });

    expect(cookieOf(second)).not.toBe(cookieOf(first));
    const { rows } = await database.pool.query(`SELECT 1 FROM idempotency_records WHERE key = 'cookie-mode'`);
    expect(rows).toEqual([]);
  });
});

describe('A refresh token in the body together with the cookie', () => {
  it('takes precedence outside cookie mode, because browsers add the cookie to any request', async () => {
    const { cookie, userId } = await logIn();
    const before = await rowsOf(userId);
    const { refreshToken } = await api.logIn(await factory.user());

    const response = await api.post('/v1/auth/refresh', { refreshToken }, { Cookie: cookie });

    expect(response.status).toBe(200);
    expect(response.headers['set-cookie']).toBeUndefined();
    expect((await api.post('/v1/auth/logout', { refreshToken }, { Cookie: cookie })).status).toBe(204);
    expect(await rowsOf(userId)).toEqual(before);
  });

  it.each(['refresh', 'logout'])('is rejected in cookie mode: %s', async (name) => {
    const { headers, userId } = await logIn();
    const other = await factory.user();
    const { refreshToken } = await api.logIn(other);
    const before = [await rowsOf(userId), await rowsOf(other.id)];

    const response = await api.post(`/v1/auth/${name}`, { refreshToken }, headers);

    expect(response).toBeProblem('bad-request', 400);
    expect([await rowsOf(userId), await rowsOf(other.id)]).toEqual(before);
  });
});

describe('A request with the cookie', () => {
  const refusedOrigins: [string, Record<string, string>][] = [
    ['of a sibling host', { 'Sec-Fetch-Site': 'same-site' }],
    ['of a sibling host, with the own origin', { 'Sec-Fetch-Site': 'same-site', Origin: ownOrigin }],
    ['of another site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['of no page', { 'Sec-Fetch-Site': 'none' }],
    ['of an unknown kind of site', { 'Sec-Fetch-Site': 'same-origin, same-origin' }],
    ['without Sec-Fetch-Site and Origin', {}],
    ['of the origin null', { Origin: 'null' }],
    ['of an unlisted origin', { Origin: 'https://127.0.0.1:3000' }],
  ];

  it.each(names.flatMap((name) => refusedOrigins.map(([text, origin]) => [name, text, origin] as const)))(
    'is refused and changes nothing: %s %s',
    async (name, _, origin) => {
      const { cookie, csrfToken, accessToken, userId } = await logIn();
      const before = await rowsOf(userId);
      const bearer = { Authorization: `Bearer ${accessToken}` };

      const response = await calls[name]({ Cookie: cookie, 'X-CSRF-Token': csrfToken, ...bearer, ...origin });

      expect(response).toBeProblem('csrf-rejected', 403);
      expect(response.headers['set-cookie']).toBeUndefined();
      expect(await rowsOf(userId)).toEqual(before);
    },
  );

  it.each(names)('is accepted from the own origin without Sec-Fetch-Site: %s', async (name) => {
    const { cookie, csrfToken } = await logIn();

    const response = await calls[name]({ Cookie: cookie, 'X-CSRF-Token': csrfToken, Origin: ownOrigin });

    expect(response.status).toBeLessThan(300);
  });

  it.each(unsafe)('is refused without a CSRF token of its session, and changes nothing: %s', async (name) => {
    const { headers, csrfToken, userId } = await logIn();
    const other = await logIn();
    const before = await rowsOf(userId);
    const [nonce = '', signature = ''] = csrfToken.split('.');
    const { 'X-CSRF-Token': _, ...without } = headers;
    const invalid = [other.csrfToken, '', nonce, `${nonce}.`, `.${signature}`, `${nonce}A.${signature}`, 'é'];

    expect(await calls[name](without)).toBeProblem('csrf-rejected', 403);
    for (const token of invalid) {
      expect(await calls[name]({ ...headers, 'X-CSRF-Token': token })).toBeProblem('csrf-rejected', 403);
    }
    expect(await rowsOf(userId)).toEqual(before);
  });

  it.each(['/v1/auth/refresh', '/v1/auth/logout'])('requires JSON before all other checks: %s', async (path) => {
    const { cookie, userId } = await logIn();
    const before = await rowsOf(userId);
    const form = { Cookie: cookie, 'Content-Type': 'application/x-www-form-urlencoded' };

    for (const headers of [{ Cookie: cookie }, form, { ...form, 'Content-Type': 'text/plain' }])
      expect(await api.post(path, undefined, headers)).toBeProblem('unsupported-media-type', 415);
    expect(await rowsOf(userId)).toEqual(before);
  });

  it('requires no media type for a CSRF token, and refuses that of a form', async () => {
    const { headers } = await logIn();
    const withType = async (type: string): Promise<ApiResponse> =>
      await getCsrfToken({ ...headers, 'Content-Type': type });

    expect((await withType('application/json; charset=utf-8')).status).toBe(200);
    expect(await withType('text/plain')).toBeProblem('unsupported-media-type', 415);
  });
});

describe('POST /v1/auth/refresh without a refresh token', () => {
  it('returns 422 for a body without it, and 400 for no body', async () => {
    expect(await api.post('/v1/auth/refresh', {})).toBeProblem('validation-failed', 422);
    expect(await api.post('/v1/auth/refresh')).toBeProblem('malformed-json', 400);
  });
});
