import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';
import { Public } from '../src/http/auth/access.decorators.ts';
import { Deprecated } from '../src/http/deprecation/deprecated.decorator.ts';
import { start } from './support/app.ts';
import type { FoundLink } from './support/links.ts';
import { linksIn } from './support/links.ts';
import { Mailbox } from './support/mailbox.ts';
import { sendRaw } from './support/raw.ts';
import { ReverseProxy } from './support/reverse-proxy.ts';

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
const { api, given } = await start({ PUBLIC_URL: `${proxy.url}/`, AUTH_MAGIC_LINK: 'true' }, [ThingsModule]);
proxy.target = api.baseUrl;

const admin = await given.admin();
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

/** What comes of following a link; the proxy itself answers what is not below its prefix. */
async function follow({ method, url }: FoundLink, headers: Headers): Promise<Response> {
  return await fetch(url, { method, headers: { ...authorization, ...headers } });
}

/** Follows all links of these pages and of the pages that they lead to. */
async function crawl(paths: readonly string[], headers: Headers): Promise<Map<string, number>> {
  const seen = new Map<string, number>();
  const open: FoundLink[] = paths.map((path) => ({ method: 'GET', url: proxy.url + path }));
  for (const link of open) {
    const name = `${link.method} ${link.url.split('#', 1)[0] ?? ''}`;
    if (seen.has(name)) continue;
    const reply = await follow(link, headers);
    seen.set(name, reply.status);
    open.push(...(await linksIn(reply)).filter(ofService));
  }
  return seen;
}

const accountPages = [
  'accept-invitation',
  'change-email',
  'magic-link',
  'reset-password',
  'revert-email',
  'verify-email',
]
  .map((name) => `/account/${name}?token=unknown`)
  .concat(['forgot-password', 'request-magic-link', 'resend-verification'].map((name) => `/account/${name}`));

describe('Behind a proxy that takes a path off', () => {
  it('every link of the pages leads to something', async () => {
    const seen = await crawl(['/', '/docs', '/docs/', '/problems', '/dev/mailbox', ...accountPages], browser);

    const broken = [...seen].filter(([link, status]) => (link.startsWith('GET') ? status !== 200 : status === 404));
    expect(broken).toEqual([]);
    // Problem pages, the files of the docs, and one form of each account page, at the least.
    expect(seen.size).toBeGreaterThan(60);
    expect([...seen.keys()].filter((link) => link.startsWith('POST'))).toHaveLength(accountPages.length);
  });

  it('every link that programs are given leads to something', async () => {
    const seen = await crawl(['/', '/problems', '/docs/openapi.json'], {});

    expect([...seen].filter(([, status]) => status !== 200)).toEqual([]);
    expect([...seen.keys()]).toEqual(
      expect.arrayContaining([`GET ${proxy.url}/problems/not-found`, `GET ${proxy.url}/v1/job-types`]),
    );
  });

  it('the document names the path as its server, so that clients made from it arrive', async () => {
    const { servers } = (await (await get('/docs/openapi.json')).json()) as { servers: { url: string }[] };

    expect(servers.map(({ url }) => url)).toEqual(['/apps/backend']);
    const [server] = servers;
    expect((await fetch(new URL(`${server?.url ?? ''}/livez`, proxy.url))).status).toBe(200);
  });

  it.each([
    ['a user', '/v1/users', { email: 'behind.a.proxy@example.com' }],
    ['a job', '/v1/jobs', { type: 'users.export', payload: { format: 'csv' } }],
    [
      'a schedule',
      '/v1/job-schedules',
      { type: 'users.export', payload: { format: 'csv' }, cron: '30 2 * * *', timezone: 'UTC' },
    ],
  ])('the Location of %s is where it is', async (_, path, body) => {
    const created = await send('POST', path, body);
    const [link] = await linksIn(created);
    const { id } = (await created.json()) as { id: string };

    expect(created.headers.get('location')).toBe(`/apps/backend${path}/${id}`);
    const found = await follow(link as FoundLink, {});
    expect([found.status, await found.json()]).toEqual([200, expect.objectContaining({ id })]);
  });

  it('the Link of a page leads to its neighbours', async () => {
    await given.user();
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
    ['a request that can not be read', '/%zz', 400],
  ])('the type of the problem of %s can be looked up', async (_, path, status) => {
    const reply = await get(path);
    const { type } = (await reply.json()) as { type: string };

    expect([reply.status, type]).toEqual([status, expect.stringMatching(/^\/apps\/backend\/problems\/[a-z-]+$/)]);
    expect((await fetch(new URL(type, reply.url))).status).toBe(200);
  });

  it('so can that of bytes that are no request', async () => {
    const reply = await sendRaw(api.baseUrl, 'hello\r\n\r\n');

    expect(reply).toMatchObject({ status: 400, body: { type: '/apps/backend/problems/request-malformed' } });
  });

  it('the successor of a deprecated operation is found', async () => {
    const [link] = await linksIn(await get('/v1/things'));

    expect(link?.url).toBe(`${proxy.url}/livez`);
    expect((await follow(link as FoundLink, {})).status).toBe(200);
  });

  it('mailed links open their page, whose form arrives', async () => {
    const user = await given.user();
    await send('POST', '/v1/auth/password/forgot', { email: user.email });
    const token = await new Mailbox(api).tokenFor(user.email);

    const page = await fetch(`${proxy.url}/account/reset-password?token=${token}`, { headers: browser });
    const [form] = (await linksIn(page)).filter(({ method }) => method === 'POST');
    const done = await fetch(form?.url ?? '', {
      method: 'POST',
      headers: { ...browser, 'Sec-Fetch-Site': 'same-origin' },
      body: new URLSearchParams({ token, newPassword: 'a password chosen behind a proxy' }),
    });

    expect([done.status, await done.text()]).toEqual([200, expect.stringContaining('Your password is changed')]);
    const [mail] = await new Mailbox(api).mailsTo(user.email);
    expect(mail?.links.every((link) => link.startsWith(`${proxy.url}/account/`))).toBe(true);
  });

  it('tokens name the whole public URL as their issuer, whose keys are there', async () => {
    const [, payload = ''] = accessToken.split('.');
    const { iss } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iss: string };

    expect(iss).toBe(proxy.url);
    expect((await fetch(`${iss}/.well-known/jwks.json`)).status).toBe(200);
  });
});

describe('Behind a proxy that compresses', () => {
  const schedule = { type: 'users.export', payload: { format: 'csv' }, cron: '30 2 * * *', timezone: 'UTC' };

  async function madeSchedule(): Promise<string> {
    const { id } = (await (await send('POST', '/v1/job-schedules', schedule)).json()) as { id: string };
    return `/v1/job-schedules/${id}`;
  }

  it.each([
    ['a schedule', async () => await madeSchedule(), { paused: true }],
    ['a user', async () => `/v1/users/${(await given.user()).id}`, { displayName: 'Behind a proxy' }],
    ['the own account', async () => await Promise.resolve('/v1/users/me'), { displayName: 'Myself' }],
  ])('the ETag that a client got changes %s, once', async (_, made, change) => {
    const path = await made();
    const read = await get(path);
    const tag = read.headers.get('etag') ?? '';
    expect([read.headers.get('content-encoding'), tag]).toEqual(['gzip', expect.stringMatching(/^W\/"1/)]);

    const changed = await send('PATCH', path, change, { 'If-Match': tag });
    const late = await send('PATCH', path, change, { 'If-Match': tag });

    expect([changed.status, late.status]).toEqual([200, 412]);
  });

  it('of ten changes with one weak ETag at the same time one is made', async () => {
    const path = await madeSchedule();
    const tag = (await get(path)).headers.get('etag') ?? '';

    const replies = await Promise.all(
      Array.from({ length: 10 }, async (_, minute) => {
        return await send('PATCH', path, { cron: `${minute} 3 * * *` }, { 'If-Match': tag });
      }),
    );

    expect(replies.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(412)]);
  });

  it('a client that holds the state of a weak ETag is not sent it again', async () => {
    for (const path of ['/v1/users/me', '/docs/openapi.json']) {
      const tag = (await get(path)).headers.get('etag') ?? '';

      expect(tag).toMatch(/^W\//);
      expect((await get(path, { 'If-None-Match': tag })).status).toBe(304);
    }
  });
});
