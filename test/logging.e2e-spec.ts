import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import type { Tokens } from './support/api.ts';
import { Api } from './support/api.ts';
import { emptyDatabase, query } from './support/empty-database.ts';
import { root, scratchFolder, ServiceProcess } from './support/process.ts';
import { sendRaw } from './support/raw.ts';
import { freePort, until } from './support/running.ts';

const database = await emptyDatabase();
const folder = scratchFolder();
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
  await until(`a line of ${requestId}`, () => found().some((line) => line['msg'] === 'request'));
  return found();
}

const password = 'canary-password-7f3a';
const email = 'canary@example.com';

async function verificationToken(): Promise<string> {
  const reply = await api.get(`/dev/mailbox?to=${email}`);
  const [mail] = (reply.body as { data: { links: string[] }[] }).data;
  return new URL(mail?.links[0] ?? '').searchParams.get('token') ?? '';
}

describe('a request', () => {
  it('leaves one line with all that is known of it, by its route and not by its ids', async () => {
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

  it('leaves a line when no route matched', async () => {
    await api.get('/nothing', { 'X-Request-Id': 'line-2' });

    expect(await linesOf('line-2')).toMatchObject([{ route: 'unmatched', status: 404 }]);
  });

  it('leaves a line when its target could not be read', async () => {
    await sendRaw(api.baseUrl, 'GET /%zz HTTP/1.1\r\nHost: a\r\nX-Request-Id: line-3\r\n\r\n');

    expect(await linesOf('line-3')).toMatchObject([{ status: 400, method: 'GET' }]);
  });

  it('is worth a line to a debugger alone when it is a probe', async () => {
    await api.get('/readyz', { 'X-Request-Id': 'line-4' });

    expect(await linesOf('line-4')).toMatchObject([{ level: 'debug', route: '/readyz' }]);
  });

  it('has the same id in its lines, its reply and its audit row, and names the caller', async () => {
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

describe('secrets', () => {
  it('never reach a log line, at any level', async () => {
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

describe('a standard output that takes nothing, as on a full disk', () => {
  it('costs the lines and neither a request nor the process', async () => {
    const port = String(await freePort());
    const command = `exec "${process.execPath}" "${join(root, 'dist/main.js')}" > /dev/full`;
    const mute = ServiceProcess.run('sh', ['-c', command], {
      folder,
      variables: { DATABASE_URL: database, PORT: port },
    });
    const unheard = new Api(`http://127.0.0.1:${port}`);
    const answers = async (): Promise<boolean> => {
      try {
        return (await unheard.get('/livez')).status === 200;
      } catch {
        return false;
      }
    };
    await until('it answers', answers);

    const replies = await Promise.all(['/nothing', '/v1/users', '/livez'].map(async (path) => await unheard.get(path)));

    expect(replies.map(({ status }) => status)).toEqual([404, 401, 200]);
    expect(await mute.stop()).toMatchObject({ code: 0, stderr: '' });
  });
});
