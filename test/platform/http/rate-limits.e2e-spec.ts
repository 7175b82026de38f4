import { describe, expect, it } from '@jest/globals';
import type { ApiResponse } from '../../harness/http/api.ts';
import { newApiKey } from '../../../src/platform/crypto/api-key-format.ts';
import { startApp } from '../../harness/app/app.ts';
import { createApiKey, withKey } from '../../harness/http/api-keys.ts';
import { sendRaw } from '../../harness/http/raw-http.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';

const limit = 5;
const { api, factory } = await startApp({
  RATE_LIMIT_REQUESTS: String(limit),
  RATE_LIMIT_WINDOW_SECONDS: '3600',
  AUTH_RATE_LIMIT_API_KEY: '3/60',
  TRUSTED_PROXY_HOPS: '1',
  CORS_ORIGINS: 'https://app.example.com',
});
const noToken = 'Bearer e30.e30.e30';
const window = { t: expect.stringMatching(/^3(600|59\d)$/) };
let counter = 0;

/** An IP address that was not counted yet. */
function freshAddress(): Record<string, string> {
  counter += 1;
  return { 'X-Forwarded-For': `198.51.100.${counter}` };
}

async function repeat(times: number, send: () => Promise<ApiResponse>): Promise<ApiResponse[]> {
  const replies: ApiResponse[] = [];
  for (let at = 0; at < times; at += 1) replies.push(await send());
  return replies;
}

async function atOnce(times: number, send: () => Promise<ApiResponse>): Promise<ApiResponse[]> {
  return await Promise.all(Array.from({ length: times }, send));
}

/** A malformed request. */
async function raw(line: string, headers: Record<string, string>): Promise<ApiResponse> {
  const lines = Object.entries({ Host: 'a', ...headers }).map(([name, value]) => `${name}: ${value}`);
  return await sendRaw(api.baseUrl, [`${line} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
}

function statuses(replies: readonly ApiResponse[]): number[] {
  return replies.map(({ status }) => status);
}

/** The remaining requests, and the seconds until the window ends. */
function left({ headers }: ApiResponse): Record<string, string> {
  const [, r = '', t = ''] = /^"default";r=(\d+);t=(\d+)$/.exec(headers['ratelimit'] ?? '') ?? [];
  return { r, t };
}

describe('An unauthenticated client', () => {
  it('has a limit in each window, and receives the remaining requests', async () => {
    const from = freshAddress();

    const replies = await repeat(limit + 1, async () => await api.get('/problems', from));

    expect(statuses(replies)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(replies[0]?.headers['ratelimit-policy']).toBe(`"default";q=${limit};w=3600`);
    expect(replies.slice(0, 2).map(left)).toEqual([
      { r: '4', ...window },
      { r: '3', ...window },
    ]);
    const refused = replies[limit];
    expect(refused).toBeProblem('too-many-requests', 429);
    expect(refused?.headers['retry-after']).toMatch(/^3(600|59\d)$/);
    expect(Object.keys(refused?.headers ?? {}).filter((name) => name.startsWith('x-ratelimit'))).toEqual([]);
  });

  it('is counted for unknown paths and malformed requests', async () => {
    const from = freshAddress();
    const bad = async (): Promise<ApiResponse> =>
      await api.post('/v1/auth/login', undefined, { ...from, 'Content-Type': 'a/b' });

    const replies = [
      ...(await repeat(2, async () => await api.get('/nowhere', from))),
      ...(await repeat(3, bad)),
      await api.get('/problems', from),
    ];

    expect(statuses(replies).at(-1)).toBe(429);
    expect(statuses(replies).filter((status) => status === 429)).toHaveLength(1);
  });

  it('shares the limit of its IPv6 /64', async () => {
    const from = (host: string): Record<string, string> => ({ 'X-Forwarded-For': `2001:db8:7:7${host}` });
    await repeat(limit, async () => await api.get('/problems', from('::1')));

    expect((await api.get('/problems', from(':1:2:3:4'))).status).toBe(429);
    expect((await api.get('/problems', { 'X-Forwarded-For': '2001:db8:7:8::1' })).status).toBe(200);
  });

  it('is identified by the trusted proxy, not by the header that it sent', async () => {
    const address = freshAddress()['X-Forwarded-For'] ?? '';
    const replies = await repeat(limit + 1, async () => {
      counter += 1;
      return await api.get('/problems', { 'X-Forwarded-For': `203.0.113.${counter}, ${address}` });
    });

    expect(statuses(replies).at(-1)).toBe(429);
  });

  it('is not counted for probes, the document and the public keys', async () => {
    const from = freshAddress();
    await repeat(limit + 1, async () => await api.get('/problems', from));

    for (const path of ['/livez', '/readyz', '/health/live', '/docs/openapi.json', '/.well-known/jwks.json']) {
      // A busy machine may miss the time limit of /readyz once, which then returns 503.
      await waitUntil(`${path} responds`, async () => (await api.get(path, from)).status !== 503);
      const reply = await api.get(path, from);
      expect({ path, status: reply.status, limit: reply.headers['ratelimit'] }).toEqual({ path, status: 200 });
    }
  });

  it('is exempt by route, not by path', async () => {
    const from = freshAddress();
    const free = await repeat(limit + 1, async () => await api.get('/livez?x=1', from));
    const lost = await repeat(limit + 1, async () => await api.get('/docs/nothing.js', from));

    expect(new Set(statuses(free))).toEqual(new Set([200]));
    expect(statuses(lost)).toEqual([404, 404, 404, 404, 404, 429]);
    expect(lost.at(-1)).toBeProblem('too-many-requests', 429);
  });

  it.each([
    ['a page', '/problems', {}],
    ['the docs', '/docs/nothing.js', {}],
    ['a malformed token', '/v1/users/me', { Authorization: noToken }],
  ])('is rejected with an HTML page in a browser: %s', async (_, path, headers) => {
    const from = { ...freshAddress(), ...headers, Accept: 'text/html,*/*;q=0.8' };

    const refused = (await repeat(limit + 1, async () => await api.get(path, from))).at(-1);

    expect(refused).toMatchObject({
      status: 429,
      headers: { 'content-type': 'text/html; charset=utf-8', 'retry-after': expect.stringMatching(/^\d+$/) },
      text: expect.stringContaining('<code>too_many_requests</code>'),
    });
  });

  it.each<[credentials: string, path: string, status: number]>([
    ['Basic zzz', '/v1/auth/login', 401],
    ['Bearer zzz', '/v1/auth/login', 401],
    [noToken, '/v1/auth/login', 401],
    [noToken, '/v1/auth/logout', 204],
    [noToken, '/v1/users', 401],
  ])('has the same limit with %s for %s', async (Authorization, path, status) => {
    const from = freshAddress();
    const body = path.endsWith('/login') ? { email: 'unknown@example.com', password: 'a-wrong-password' } : {};

    const replies = await atOnce(4 * limit, async () => await api.post(path, body, { ...from, Authorization }));

    const passed = statuses(replies).filter((each) => each !== 429);
    expect(passed).toHaveLength(limit);
    expect(new Set(passed)).toEqual(new Set([status]));
    for (const reply of replies.filter((each) => each.status === 429)) {
      expect(reply).toBeProblem('too-many-requests', 429);
      expect(reply.headers['retry-after']).toMatch(/^\d+$/);
      expect(reply.headers['www-authenticate']).toBeUndefined();
    }
  });

  it('has the same limit with a token-shaped value and a malformed body', async () => {
    const from = { ...freshAddress(), Authorization: noToken, 'Content-Type': 'a/b' };

    const replies = await atOnce(4 * limit, async () => await api.post('/v1/users', 'a', from));

    expect(statuses(replies).filter((status) => status === 415)).toHaveLength(limit);
    expect(statuses(replies).filter((status) => status === 429)).toHaveLength(3 * limit);
  });

  it.each<[line: string, status: number, more: Record<string, string>]>([
    ['GET /v1/users/%zz', 400, {}],
    ['GET /problems?a=%ff', 400, {}],
    ['GET http://evil.example/livez', 400, {}],
    [`GET /v1/users/${'a'.repeat(300)}`, 414, {}],
    [`GET /problems?${'a'.repeat(5000)}`, 414, {}],
    ['GET /problems', 417, { Expect: 'cake' }],
    ['DELETE /v1/auth/login', 405, {}],
    ['OPTIONS /v1/auth/login', 405, { Origin: 'https://evil.example' }],
    ['OPTIONS /nowhere', 404, {}],
    ['GET /docs/%2e%2e/%2e%2e/package.json', 404, {}],
  ])('is counted for, and limited in, requests that cannot be served: %.40s', async (line, status, more) => {
    const from = { ...freshAddress(), ...more };

    const replies = await repeat(limit + 1, async () => await raw(line, from));

    expect(statuses(replies)).toEqual([...Array.from({ length: limit }, () => status), 429]);
    expect(replies.at(-1)).toBeProblem('too-many-requests', 429);
    expect(replies.at(-1)?.headers['retry-after']).toMatch(/^\d+$/);
  });

  it('is not counted for CORS preflights, and can read the problem of a rejected request', async () => {
    const from = { ...freshAddress(), Origin: 'https://app.example.com' };
    const replies = await repeat(limit + 1, async () => await api.get('/problems', from));
    const preflight = await fetch(`${api.baseUrl}/v1/users`, {
      method: 'OPTIONS',
      headers: { ...from, 'Access-Control-Request-Method': 'POST' },
    });

    expect(preflight.status).toBe(204);
    expect(replies.at(-1)).toBeProblem('too-many-requests', 429);
    expect(replies.at(-1)?.headers).toMatchObject({
      'access-control-allow-origin': from.Origin,
      'access-control-expose-headers': expect.stringContaining('Retry-After'),
      vary: 'Origin, Accept',
    });
  });
});

describe('A user', () => {
  it('is counted by user id, whatever the IP address, without affecting others', async () => {
    const [ada, bob] = [await factory.user(), await factory.user()];
    const login = async (who: { email: string; password: string }): Promise<string> => {
      const { email, password } = who;
      const reply = await api.post('/v1/auth/login', { email, password }, freshAddress());
      return `Bearer ${(reply.body as { accessToken: string }).accessToken}`;
    };
    const me = async (Authorization: string, from: Record<string, string>): Promise<ApiResponse> =>
      await api.get('/v1/users/me', { Authorization, ...from });
    const [first, second, other] = [await login(ada), await login(ada), await login(bob)];
    const shared = freshAddress();
    const turns = [first, second, first, second, first];

    const replies = await Promise.all(turns.map(async (token) => await me(token, freshAddress())));

    expect(statuses(replies)).toEqual([200, 200, 200, 200, 200]);
    expect(await me(second, freshAddress())).toBeProblem('too-many-requests', 429);
    expect((await me(other, shared)).status).toBe(200);
    expect(left(await api.get('/problems', shared))).toEqual({ r: '4', ...window });
  });

  it('is not limited by unauthenticated requests of the same IP address', async () => {
    const from = freshAddress();
    const { accessToken } = await api.logIn(await factory.user({ roles: [] }));
    const Authorization = `Bearer ${accessToken}`;
    await repeat(limit + 1, async () => await api.get('/problems', from));

    expect((await api.get('/v1/users/me', { ...from, Authorization })).status).toBe(200);
    const unread = await api.post('/v1/users', 'a', { ...from, Authorization, 'Content-Type': 'a/b' });
    expect(unread).toBeProblem('unsupported-media-type', 415);
    const denied = await api.get('/v1/users', { ...from, Authorization });
    expect(denied).toBeProblem('forbidden', 403);
    expect(left(denied)).toEqual({ r: '2', ...window });
  });

  it('is counted as unauthenticated while the token is invalid', async () => {
    const from = freshAddress();
    const bad = { ...from, Authorization: 'Bearer nonsense' };

    const replies = await repeat(limit + 3, async () => await api.get('/v1/users/me', bad));

    expect(statuses(replies).slice(0, limit)).toEqual([401, 401, 401, 401, 401]);
    expect(statuses(replies).at(-1)).toBe(429);
    expect((await api.get('/problems', from)).status).toBe(429);
  });
});

describe('A client with an API key', () => {
  it('is counted by key, whatever the IP address, without affecting the owner or other keys', async () => {
    const user = api.as(await factory.user());
    const [key, other] = [await createApiKey(user, []), await createApiKey(user, [])];

    const replies = await repeat(
      limit + 1,
      async () => await api.get('/v1/users/me', { ...freshAddress(), ...withKey(key) }),
    );

    expect(statuses(replies)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(replies.at(-1)).toBeProblem('too-many-requests', 429);
    expect((await api.get('/v1/users/me', { ...freshAddress(), ...withKey(other) })).status).toBe(200);
    expect((await user.get('/v1/users/me', freshAddress())).status).toBe(200);
  });

  it('is counted as unauthenticated while the key is malformed', async () => {
    const from = { ...freshAddress(), 'X-API-Key': 'sk_test_malformed' };

    const replies = await repeat(limit + 1, async () => await api.get('/v1/users/me', from));

    expect(statuses(replies)).toEqual([401, 401, 401, 401, 401, 429]);
  });

  it('is limited to a few unknown keys by IP address, which do not affect a valid key', async () => {
    const from = freshAddress();
    const key = await createApiKey(api.as(await factory.user()), []);

    const replies = await repeat(
      4,
      async () => await api.get('/v1/users/me', { ...from, ...withKey(newApiKey('test')) }),
    );

    expect(statuses(replies)).toEqual([401, 401, 401, 429]);
    expect(replies.at(-1)).toBeProblem('too-many-requests', 429);
    expect(replies.at(-1)?.headers['retry-after']).toMatch(/^\d+$/);
    expect((await api.get('/v1/users/me', { ...from, ...withKey(key) })).status).toBe(200);
  });
});
