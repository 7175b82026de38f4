import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';
import { Public } from '../../src/platform/http/auth/access.decorators.ts';
import { Deprecated } from '../../src/platform/http/openapi/deprecated.decorator.ts';
import { startApp } from '../harness/app/app.ts';
import type { FoundLink } from '../harness/http/links.ts';
import { linksIn } from '../harness/http/links.ts';
import { linkPages, oneTimeTokenFor } from '../harness/mail/one-time-tokens.ts';
import { Mailbox } from '../harness/mail/mailbox.ts';
import { sendRaw } from '../harness/http/raw-http.ts';
import { ReverseProxy } from '../harness/http/reverse-proxy.ts';

@Controller('things')
class ThingsController {
  @Get()
  @Public()
  @Deprecated({ since: new Date(0), sunset: new Date(0), successor: '/livez' })
  list(): object {
    return {};
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

const proxy = await ReverseProxy.start({ prefix: '/apps/backend', compresses: true });
const running = await startApp({ PUBLIC_URL: `${proxy.url}/`, AUTH_MAGIC_LINK_ENABLED: 'true' }, [ThingsModule]);
const { api, factory } = running;
proxy.target = api.baseUrl;

const admin = await factory.admin();
const { accessToken } = await api.tokensOf(admin);
const authorization = { Authorization: `Bearer ${accessToken}` };
const browser = { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
const unknownId = '01938c5e-7a80-7000-8000-3f2d6c1b9a04';

type Headers = Readonly<Record<string, string>>;

async function get(path: string, headers: Headers = {}): Promise<Response> {
  return await fetch(proxy.url + path, { headers: { ...authorization, ...headers } });
}

async function send(method: string, path: string, body: unknown, headers: Headers = {}): Promise<Response> {
  return await fetch(proxy.url + path, {
    method,
    headers: { ...authorization, 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

const ofService = ({ url }: FoundLink): boolean => new URL(url).origin === new URL(proxy.url).origin;

/** Requests a link; the proxy itself responds to URLs without its prefix. */
async function follow({ method, url }: FoundLink, headers: Headers): Promise<Response> {
  return await fetch(url, { method, headers: { ...authorization, ...headers } });
}

/** Follows all links of these pages and of the pages that they link to. */
async function crawl(paths: readonly string[], headers: Headers): Promise<Map<string, number>> {
  const visited = new Map<string, number>();
  const pending: FoundLink[] = paths.map((path) => ({ method: 'GET', url: proxy.url + path }));
  for (const link of pending) {
    const name = `${link.method} ${link.url.split('#', 1)[0] ?? ''}`;
    if (visited.has(name)) continue;
    const response = await follow(link, headers);
    visited.set(name, response.status);
    pending.push(...(await linksIn(response)).filter(ofService));
  }
  return visited;
}

async function accountPages(): Promise<string[]> {
  const opened = await Promise.all(
    linkPages.map(async ([name, purpose]) => {
      const token = await oneTimeTokenFor(running, purpose, await factory.user());
      return `/account/${name}?token=${token}`;
    }),
  );
  const others = ['forgot-password', 'login', 'magic-link?token=a', 'register', 'request-magic-link'];
  return [...opened, ...[...others, 'resend-verification'].map((name) => `/account/${name}`)];
}

describe('A proxy that removes a path prefix', () => {
  it('serves every link of the pages', async () => {
    const pages = await accountPages();
    const seen = await crawl(['/', '/docs', '/docs/', '/problems', '/dev/mailbox', ...pages], browser);

    // The examples of emails have no valid token: their links open the page that says so.
    const mayReject = (link: string): boolean => link.startsWith('POST') || link.includes('token=example');
    const broken = [...seen].filter(([link, status]) => (mayReject(link) ? status === 404 : status !== 200));
    expect(broken).toEqual([]);
    // At least the problem pages, the files of the docs, one form of each account page, and that of passkeys.
    expect(seen.size).toBeGreaterThan(60);
    expect([...seen.keys()].filter((link) => /^POST .*\/account\//.test(link))).toHaveLength(pages.length + 1);
  });

  it('serves every link of API responses', async () => {
    const seen = await crawl(['/', '/problems', '/docs/openapi.json'], {});

    expect([...seen].filter(([, status]) => status !== 200)).toEqual([]);
    expect([...seen.keys()]).toEqual(
      expect.arrayContaining([`GET ${proxy.url}/problems/not-found`, `GET ${proxy.url}/v1/job-types`]),
    );
  });

  it('is reached by generated clients, because the document contains the path in its server', async () => {
    const { servers } = (await (await get('/docs/openapi.json')).json()) as { servers: { url: string }[] };

    expect(servers.map(({ url }) => url)).toEqual(['/apps/backend']);
    const [server] = servers;
    expect((await fetch(new URL(`${server?.url ?? ''}/livez`, proxy.url))).status).toBe(200);
  });

  it.each([
    ['a user', '/v1/users', { email: 'through.a.proxy@example.com' }],
    ['a job', '/v1/jobs', { type: 'users.export', payload: { format: 'csv' } }],
    [
      'a schedule',
      '/v1/job-schedules',
      { type: 'users.export', payload: { format: 'csv' }, cron: '30 2 * * *', timezone: 'UTC' },
    ],
  ])('serves the Location of %s', async (_, path, body) => {
    const created = await send('POST', path, body);
    const [link] = await linksIn(created);
    const { id } = (await created.json()) as { id: string };

    expect(created.headers.get('location')).toBe(`/apps/backend${path}/${id}`);
    const found = await follow(link as FoundLink, {});
    expect([found.status, await found.json()]).toEqual([200, expect.objectContaining({ id })]);
  });

  it('serves the Link header of a page', async () => {
    await factory.user();
    const first = await get('/v1/users?limit=1&sort=-createdAt');
    const links = await linksIn(first);

    expect(links.map(({ url }) => url)).toEqual([
      `${proxy.url}/v1/users?limit=1&sort=-createdAt`,
      expect.stringMatching(new RegExp(`^${proxy.url}/v1/users\\?limit=1&sort=-createdAt&cursor=`)),
    ]);
    for (const link of links) expect((await follow(link, {})).status).toBe(200);
  });

  it.each([
    ['an unknown path', '/nowhere', 404],
    ['an unknown user', `/v1/users/${unknownId}`, 404],
    ['a bad query', '/v1/users?limit=0', 400],
    ['a malformed request', '/%zz', 400],
  ])('serves the problem type of %s', async (_, path, status) => {
    const response = await get(path);
    const { type } = (await response.json()) as { type: string };

    expect([response.status, type]).toEqual([status, expect.stringMatching(/^\/apps\/backend\/problems\/[a-z-]+$/)]);
    expect((await fetch(new URL(type, response.url))).status).toBe(200);
  });

  it('has its prefix in the problem type of bytes that are no HTTP request', async () => {
    const response = await sendRaw(api.baseUrl, 'hello\r\n\r\n');

    expect(response).toMatchObject({ status: 400, body: { type: '/apps/backend/problems/bad-request' } });
  });

  it('serves the successor of a deprecated operation', async () => {
    const [link] = await linksIn(await get('/v1/things'));

    expect(link?.url).toBe(`${proxy.url}/livez`);
    expect((await follow(link as FoundLink, {})).status).toBe(200);
  });

  it('serves mailed links and the forms on their pages', async () => {
    const user = await factory.user();
    await send('POST', '/v1/auth/password/forgot', { email: user.email });
    const token = await new Mailbox(api).tokenFor(user.email);

    const page = await fetch(`${proxy.url}/account/reset-password?token=${token}`, { headers: browser });
    const [form] = (await linksIn(page)).filter(({ method }) => method === 'POST');
    const submitted = await fetch(form?.url ?? '', {
      method: 'POST',
      headers: { ...browser, 'Sec-Fetch-Site': 'same-origin' },
      body: new URLSearchParams({ token, newPassword: 'a password chosen through a proxy' }),
    });

    expect([submitted.status, await submitted.text()]).toEqual([
      200,
      expect.stringContaining('Your password was changed'),
    ]);
    const [mail] = await new Mailbox(api).mailsTo(user.email);
    expect(mail?.links.every((link) => link.startsWith(`${proxy.url}/account/`))).toBe(true);
  });

  it('serves the keys of the issuer of tokens, which is the complete public URL', async () => {
    const [, payload = ''] = accessToken.split('.');
    const { iss } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iss: string };

    expect(iss).toBe(proxy.url);
    expect((await fetch(`${iss}/.well-known/jwks.json`)).status).toBe(200);
  });
});

describe('A proxy that compresses', () => {
  const schedule = { type: 'users.export', payload: { format: 'csv' }, cron: '30 2 * * *', timezone: 'UTC' };

  async function createSchedule(): Promise<string> {
    const { id } = (await (await send('POST', '/v1/job-schedules', schedule)).json()) as { id: string };
    return `/v1/job-schedules/${id}`;
  }

  it.each([
    ['a schedule', async () => await createSchedule(), { paused: true }],
    ['a user', async () => `/v1/users/${(await factory.user()).id}`, { displayName: 'Through a proxy' }],
    ['the current user', async () => await Promise.resolve('/v1/users/me'), { displayName: 'Myself' }],
  ])('passes an ETag that updates %s once', async (_, create, change) => {
    const path = await create();
    const read = await get(path);
    const tag = read.headers.get('etag') ?? '';
    expect([read.headers.get('content-encoding'), tag]).toEqual(['gzip', expect.stringMatching(/^W\/"1/)]);

    const changed = await send('PATCH', path, change, { 'If-Match': tag });
    const late = await send('PATCH', path, change, { 'If-Match': tag });

    expect([changed.status, late.status]).toEqual([200, 412]);
  });

  it('lets one of ten concurrent updates with the same weak ETag succeed', async () => {
    const path = await createSchedule();
    const tag = (await get(path)).headers.get('etag') ?? '';

    const responses = await Promise.all(
      Array.from({ length: 10 }, async (_, minute) => {
        return await send('PATCH', path, { cron: `${minute} 3 * * *` }, { 'If-Match': tag });
      }),
    );

    expect(responses.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(412)]);
  });

  it('returns 304 for the weak ETag of the current state', async () => {
    for (const path of ['/v1/users/me', '/docs/openapi.json']) {
      const tag = (await get(path)).headers.get('etag') ?? '';

      expect(tag).toMatch(/^W\//);
      expect((await get(path, { 'If-None-Match': tag })).status).toBe(304);
    }
  });
});
