import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { join } from 'node:path';

import { freePort } from '../../../src/platform/dev-postgres/server.ts';
import type { Tokens } from '../../harness/http/api.ts';
import { Api } from '../../harness/http/api.ts';
import { openSocket } from '../../harness/http/sockets.ts';
import { newClient } from '../../harness/database/database.ts';
import { emptyDatabase, query } from '../../harness/database/empty-database.ts';
import { root, temporaryFolder, ServiceProcess } from '../../harness/process/service-process.ts';
import { sendRaw } from '../../harness/http/raw-http.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';

const database = await emptyDatabase();
const folder = temporaryFolder();
const service = ServiceProcess.start(folder, { DATABASE_URL: database, LOG_LEVEL: 'trace' });
const api = new Api(await service.url());

type Line = Readonly<Record<string, unknown>>;

function lines(): Line[] {
  return service.output
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Line);
}

async function linesOf(requestId: string): Promise<Line[]> {
  const found = (): Line[] => lines().filter((line) => line['requestId'] === requestId);
  await waitUntil(`a line of ${requestId}`, () => found().some((line) => line['msg'] === 'request'));
  return found();
}

/** The start of a request that its client aborts. */
const login = 'POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';

function expectAborted(logged: readonly Line[]): void {
  const requests = logged.filter(({ msg }) => msg === 'request');
  expect(requests).toEqual([expect.objectContaining({ aborted: true, route: '/v1/auth/login', method: 'POST' })]);
  expect(requests[0]).not.toHaveProperty('status');
}

/** Blocks every statement on users until the returned function is called. */
async function lockUsers(): Promise<() => Promise<void>> {
  const client = newClient(database);
  await client.connect();
  await client.query('BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE');
  return async () => {
    await client.end();
  };
}

const password = 'canary-password-7f3a';
const email = 'canary@example.com';

async function verificationToken(): Promise<string> {
  const response = await api.get(`/dev/mailbox?to=${email}`);
  const [mail] = (response.body as { data: { links: string[] }[] }).data;
  return new URL(mail?.links[0] ?? '').searchParams.get('token') ?? '';
}

describe('A request', () => {
  it('is logged in one line with all details, by its route instead of its ids', async () => {
    await api.get('/v1/users/01938c5e-7a80-7000-8000-3f2d6c1b9a04?a=b', { 'X-Request-Id': 'line-1' });

    expect(await linesOf('line-1')).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        pid: service.pid,
        hostname: expect.any(String),
        requestId: 'line-1',
        method: 'GET',
        route: '/v1/users/:id',
        status: 401,
        durationMs: expect.any(Number),
        ip: '127.0.0.1',
        msg: 'request',
      },
    ]);
  });

  it('is logged with its path and without its query when no route matched', async () => {
    await api.get('/nothing/here?token=canary-query', { 'X-Request-Id': 'line-2' });
    await api.get(`/${'long'.repeat(100)}`, { 'X-Request-Id': 'line-2-long' });
    await api.delete('/v1/auth/login', { 'X-Request-Id': 'line-2-method' });
    const proxied = 'GET http://ada:canary-userinfo@a/ HTTP/1.1\r\nHost: a\r\nX-Request-Id: line-2-form\r\n\r\n';
    await sendRaw(api.baseUrl, proxied);

    expect(await linesOf('line-2')).toMatchObject([{ route: 'unmatched', path: '/nothing/here', status: 404 }]);
    expect(await linesOf('line-2-long')).toMatchObject([{ path: `/${'long'.repeat(100)}`.slice(0, 256), status: 404 }]);
    expect(await linesOf('line-2-method')).toMatchObject([{ path: '/v1/auth/login', status: 405 }]);
    expect(await linesOf('line-2-form')).toMatchObject([{ route: 'unmatched', status: 400 }]);
    expect(service.output).not.toContain('canary-');
  });

  it('is logged without a status when its client disconnects before the end of the request', async () => {
    const socket = await openSocket(new URL(api.baseUrl));
    socket.write(`${login}X-Request-Id: aborted-1\r\nContent-Length: 99\r\nExpect: 100-continue\r\n\r\n`);
    // The service waits for the body.
    await once(socket, 'data');
    socket.destroy();

    expectAborted(await linesOf('aborted-1'));
  });

  it.each(['application/json', 'text/plain'])(
    'is logged in that line only when half of a body arrived: %s',
    async (type) => {
      const id = `half-${type.slice(0, 4)}`;
      const head = `POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nX-Request-Id: ${id}`;
      const socket = await openSocket(new URL(api.baseUrl));
      socket.write(`${head}\r\nContent-Length: 99\r\nExpect: 100-continue\r\n\r\n`);
      await once(socket, 'data');
      socket.destroy();

      expectAborted(await linesOf(id));
      // All its lines are written before the line of a later request.
      await api.get('/nowhere', { 'X-Request-Id': `${id}-later` });
      await linesOf(`${id}-later`);
      expect((await linesOf(id)).map(({ level }) => level)).toEqual(['info']);
    },
  );

  it('is logged without a status when its client disconnects before the response', async () => {
    const body = JSON.stringify({ email: 'unknown@example.com', password });
    const unlock = await lockUsers();
    const socket = await openSocket(new URL(api.baseUrl));
    socket.write(`${login}X-Request-Id: aborted-2\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await waitUntil('the login waits for the database', async () => {
      const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      return (await query(database, waiting)).length > 0;
    });
    socket.destroy();

    expectAborted(await linesOf('aborted-2'));
    await unlock();
    // The login continues without a client.
    await api.post('/v1/auth/login', { email: 'unknown@example.com', password });
    expectAborted(await linesOf('aborted-2'));
  });

  it('is logged when its target is malformed', async () => {
    await sendRaw(api.baseUrl, 'GET /%zz HTTP/1.1\r\nHost: a\r\nX-Request-Id: line-3\r\n\r\n');

    expect(await linesOf('line-3')).toMatchObject([{ status: 400, method: 'GET' }]);
  });

  it('is logged at debug level when it is a probe', async () => {
    await api.get('/readyz', { 'X-Request-Id': 'line-4' });

    expect(await linesOf('line-4')).toMatchObject([{ level: 'debug', route: '/readyz' }]);
  });

  it("has the caller's trace id in its line, its problem and its audit row", async () => {
    const trace_id = '4bf92f3577b34da6a3ce929d0e0e4736';
    const traceparent = `00-${trace_id}-00f067aa0ba902b7-01`;

    const unknown = { email: 'unknown-in-trace@example.com', password };
    const response = await api.post('/v1/auth/login', unknown, { traceparent, 'X-Request-Id': 'line-6' });

    expect(response.body).toMatchObject({ traceId: trace_id });
    const logged = await linesOf('line-6');
    expect(logged.map((line) => line['trace_id'])).toEqual(logged.map(() => trace_id));
    const audited = await query(database, `SELECT trace_id FROM audit_events WHERE request_id = 'line-6'`);
    expect(audited).toEqual([{ trace_id }]);
  });

  it('has the same id in its lines, its response and its audit row, which contain the caller', async () => {
    await api.post('/v1/auth/register', { email, password });
    await api.post('/v1/auth/email/verify', { token: await verificationToken() });
    const { accessToken } = await api.logIn({ email, password });

    await api.get('/v1/users', { 'X-Request-Id': 'line-5', Authorization: `Bearer ${accessToken}` });

    const [user] = await query(database, `SELECT id FROM users WHERE email = '${email}'`);
    expect(await linesOf('line-5')).toEqual([
      expect.objectContaining({ msg: 'authz_fail', audit: expect.objectContaining({ actorId: user?.['id'] }) }),
      expect.objectContaining({ msg: 'request', status: 403, principalId: user?.['id'] }),
    ]);
    const audited = await query(database, `SELECT event, actor_id FROM audit_events WHERE request_id = 'line-5'`);
    expect(audited).toEqual([{ event: 'authz_fail', actor_id: user?.['id'] }]);
  });
});

describe('Secrets', () => {
  it('are never logged, at any level', async () => {
    const token = 'canary-mailed-token-91bc-canary-mailed-token';
    const before = await verificationToken().catch(() => '');
    const tokens: Tokens = await api.logIn({ email, password });
    await api.post('/v1/auth/login', { email, password: 'canary-wrong-7f3a' });
    await api.post('/v1/auth/register', { email, password, displayName: 'Canary' });
    await api.post('/v1/auth/email/verify', { token });
    await api.get(`/account/verify-email?token=${token}`, { Accept: 'text/html' });
    await api.get('/v1/users/me', { Authorization: 'Bearer canary.access.token', Cookie: 'canary=canary-cookie-1' });
    const refreshed = await api.post('/v1/auth/refresh', { refreshToken: tokens.refreshToken });
    const child = refreshed.body as Tokens;
    await api.post('/v1/auth/logout', { refreshToken: child.refreshToken });
    await api.get('/livez', { 'X-Request-Id': 'last' });
    await linesOf('last');

    for (const secret of [
      password,
      'canary-',
      'canary.access',
      before,
      tokens.refreshToken,
      tokens.accessToken,
      child.refreshToken,
    ]) {
      if (secret !== '') expect(service.output).not.toContain(secret);
    }
  });
});

describe('A standard output that cannot be written, as on a full disk', () => {
  it('loses log lines but neither a request nor the process', async () => {
    const port = String(await freePort());
    const command = `exec "${process.execPath}" "${join(root, 'dist/main.js')}" > /dev/full`;
    const silent = ServiceProcess.run('sh', ['-c', command], {
      folder,
      variables: { DATABASE_URL: database, PORT: port },
    });
    const silentApi = new Api(`http://127.0.0.1:${port}`);
    const isServing = async (): Promise<boolean> => {
      try {
        return (await silentApi.get('/livez')).status === 200;
      } catch {
        return false;
      }
    };
    await waitUntil('the service responds', isServing);

    const responses = await Promise.all(
      ['/nothing', '/v1/users', '/livez'].map(async (path) => await silentApi.get(path)),
    );

    expect(responses.map(({ status }) => status)).toEqual([404, 401, 200]);
    expect(await silent.stop()).toMatchObject({ code: 0, stderr: '' });
  });
});
