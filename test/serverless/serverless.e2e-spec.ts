import { afterAll, describe, expect, it } from '@jest/globals';
import { createServerlessApp } from '../../src/serverless-application.ts';
import type { LambdaEvent, LambdaResult } from '../../src/serverless-events.ts';
import { lambdaResult, requestOf, ServerlessApplication } from '../../src/serverless-events.ts';
import { testConfig } from '../harness/app/app.ts';
import { createDatabase } from '../harness/database/database.ts';
import { Factory } from '../harness/database/factory.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

const database = await createDatabase();
const factory = new Factory(database);
const options = { DATABASE_URL: database.url, WORKER: 'off', PUBLIC_URL: 'https://api.example.com' };
const config = testConfig(options);
const created: Awaited<ReturnType<typeof createServerlessApp>>[] = [];
const instance = new ServerlessApplication(async () => {
  const app = await createServerlessApp(config);
  created.push(app);
  return app;
});

afterAll(async () => {
  await created[0]?.close();
  await database.drop();
});

/** An event as API Gateway and function URLs send it. */
function eventOf(target: string, { method = 'GET', headers = {}, ...more }: EventParts = {}): LambdaEvent {
  const [rawPath = '', rawQueryString = ''] = target.split('?');
  const http = { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '192.0.2.7', userAgent: 'test' };
  return {
    ...{ version: '2.0', routeKey: '$default', rawPath, rawQueryString, isBase64Encoded: false },
    headers: { host: 'api.example.com', ...headers },
    requestContext: { domainName: 'api.example.com', http },
    ...more,
  };
}

interface EventParts extends Partial<Pick<LambdaEvent, 'headers' | 'cookies' | 'body' | 'isBase64Encoded'>> {
  readonly method?: string;
}

async function invoke(target: string, parts?: EventParts): Promise<LambdaResult> {
  const event = eventOf(target, parts);
  return await lambdaResult(await instance.respond(requestOf(event), event.requestContext.http.sourceIp));
}

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
}

const json = { 'content-type': 'application/json' };

describe('A function that receives events of AWS', () => {
  it('creates one application for concurrent first requests', async () => {
    const results = await Promise.all([invoke('/livez'), invoke('/problems/not-found'), invoke('/livez')]);

    expect(results.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
    expect(created).toHaveLength(1);
  });

  it.each(['TRACE', 'CONNECT', 'PROPFIND'])('returns problems for %s', async (method) => {
    const known = await invoke('/livez', { method, body: 'a' });
    const absent = await invoke('/v1/absent', { method });

    expect(known).toMatchObject({ statusCode: 405, headers: { allow: expect.stringContaining('GET') } });
    expect(JSON.parse(known.body)).toMatchObject({ code: 'method_not_allowed' });
    expect(absent.statusCode).toBe(404);
  });

  it('logs a user in, with cookies, and stores the IP address of the client', async () => {
    const { id, email, password } = await factory.user();
    const body = Buffer.from(JSON.stringify({ email, password })).toString('base64');
    const headers = { ...json, origin: 'https://api.example.com', 'x-token-delivery': 'cookie' };

    const login = await invoke('/v1/auth/login', { method: 'POST', headers, body, isBase64Encoded: true });

    const [cookie = ''] = login.cookies;
    const { csrfToken } = JSON.parse(login.body) as { csrfToken: string };
    expect(login).toMatchObject({ statusCode: 200, isBase64Encoded: false });
    expect(login.headers).not.toHaveProperty('set-cookie');
    const refreshed = await invoke('/v1/auth/refresh', {
      ...{ method: 'POST', headers: { ...headers, 'x-csrf-token': csrfToken }, body: '{}' },
      cookies: ['other=1', cookie.split(';')[0] ?? ''],
    });
    expect(refreshed.statusCode).toBe(200);
    const { rows } = await database.pool.query('SELECT ip FROM sessions WHERE user_id = $1', [id]);
    expect(rows).toEqual([{ ip: '192.0.2.7' }]);
  });

  it('executes a keyed request once, enqueues its job, and leaves it to the workers', async () => {
    const { email, password } = await factory.user({ roles: ['admin'] });
    const login = await invoke('/v1/auth/login', {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ email, password }),
    });
    const { accessToken } = JSON.parse(login.body) as { accessToken: string };
    const headers = { ...json, authorization: `Bearer ${accessToken}`, 'idempotency-key': '"serverless"' };
    const body = JSON.stringify({ type: 'users.export', payload: { format: 'csv' } });

    const results = await Promise.all(
      [1, 2].map(async () => await invoke('/v1/jobs', { method: 'POST', headers, body })),
    );
    const repeated = await invoke('/v1/jobs', { method: 'POST', headers, body });

    const { rows } = await database.pool.query("SELECT id, state FROM jobs WHERE type = 'users.export'");
    expect(results.map(({ statusCode }) => statusCode)).toContain(202);
    expect(repeated.statusCode).toBe(202);
    expect(rows).toEqual([{ id: (JSON.parse(repeated.body) as { id: string }).id, state: 'queued' }]);
  });

  it('returns problems, 304 and 204 without content, and other media types in base64', async () => {
    const { email, password } = await factory.user();
    const body = JSON.stringify({ email, password });
    const login = await invoke('/v1/auth/login', { method: 'POST', headers: json, body });
    const { accessToken } = JSON.parse(login.body) as { accessToken: string };
    const headers = { authorization: `Bearer ${accessToken}` };

    const problem = await invoke('/v1/users/me?a=1&a=2');
    const me = await invoke('/v1/users/me', { headers });
    const unchanged = await invoke('/v1/users/me', {
      headers: { ...headers, 'if-none-match': me.headers['etag'] ?? '' },
    });
    const logout = await invoke('/v1/auth/logout-all', {
      method: 'POST',
      headers: { ...headers, ...json },
      body: '{}',
    });
    const binary = await lambdaResult(
      new Response(new Uint8Array([0, 255]), { headers: { 'content-type': 'image/png' } }),
    );

    expect(problem).toMatchObject({ statusCode: 401, isBase64Encoded: false });
    expect(problem.headers['content-type']).toContain('application/problem+json');
    expect(JSON.parse(problem.body)).toMatchObject({ code: 'unauthenticated' });
    expect(unchanged).toMatchObject({ statusCode: 304, body: '' });
    expect(logout).toMatchObject({ statusCode: 204, body: '' });
    expect(binary).toMatchObject({ statusCode: 200, body: 'AP8=', isBase64Encoded: true });
  });

  it('has no connection that listens, and refuses a revoked session at once', async () => {
    const { id, email, password } = await factory.user();
    const login = await invoke('/v1/auth/login', {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ email, password }),
    });
    const { accessToken } = JSON.parse(login.body) as { accessToken: string };
    const headers = { authorization: `Bearer ${accessToken}` };
    const before = await invoke('/v1/users/me', { headers });

    await database.pool.query('UPDATE sessions SET revoked_at = now() WHERE user_id = $1', [id]);
    const after = await invoke('/v1/users/me', { headers });

    const { rows } = await database.pool.query(
      "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'",
    );
    expect([before.statusCode, after.statusCode]).toEqual([200, 401]);
    expect(rows).toEqual([]);
  });
});

describe('A function that receives requests of the web standard', () => {
  it('responds with the status, every header field and the bytes', async () => {
    const request = new Request('https://api.example.com/livez', { headers: { 'x-request-id': 'of-the-platform' } });

    const response = await instance.respond(request);

    expect(response.status).toBe(200);
    expect(response.headers.get('x-request-id')).toBe('of-the-platform');
    expect(response.headers.has('connection')).toBe(false);
    expect(await response.json()).toEqual(expect.any(Object));
    const missing = await instance.respond(new Request('https://api.example.com/v1/absent', { method: 'HEAD' }));
    expect([missing.status, await missing.text()]).toEqual([404, '']);
  });

  it('closes the connections of an application that may not start', async () => {
    await invoke('/livez');
    const before = openSockets();
    const other = testConfig({ ...options, APP_SECRET: 'another secret of at least 32 characters' });

    await expect(createServerlessApp(other)).rejects.toThrow('APP_SECRET');

    // Idle connections of a pool that is not ended are closed after 10 s.
    await waitUntil('its connections are closed', () => openSockets() <= before, 5000);
  });

  it('tries again after a failed start', async () => {
    let starts = 0;
    const failing = new ServerlessApplication(async () => {
      starts += 1;
      return await Promise.reject(new Error('The database is unavailable'));
    });
    const request = (): Request => new Request('https://api.example.com/livez');

    await expect(failing.respond(request())).rejects.toThrow('The database is unavailable');
    await expect(failing.respond(request())).rejects.toThrow('The database is unavailable');
    expect(starts).toBe(2);
  });
});
