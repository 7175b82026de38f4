import { describe, expect, it } from '@jest/globals';
import type { ApiResponse } from '../../harness/http/api.ts';
import { headersOf, operations, responseOf } from '../../harness/openapi/api-document.ts';
import { sharedApp } from '../../harness/app/app.ts';
import { sendRaw } from '../../harness/http/raw-http.ts';
import { de as pageTexts } from '../../../src/features/hosted-pages/texts/de.ts';
import { de } from '../../../src/platform/http/server/problem-texts/de.ts';

const { api, factory } = await sharedApp();
const admin = await factory.admin();
const user = await factory.user({ roles: [] });
const asAdmin = api.as(admin);

const json = { 'Content-Type': 'application/json' };
const browser = { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

type Headers = Readonly<Record<string, string>>;

async function postRaw(body: string | Buffer, headers: Record<string, string> = json): Promise<ApiResponse> {
  const all = { Host: 'test', 'Content-Length': String(Buffer.byteLength(body)), Connection: 'close', ...headers };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  const start = Buffer.from(['POST /v1/auth/login HTTP/1.1', ...head, '', ''].join('\r\n'));
  return await sendRaw(api.baseUrl, Buffer.concat([start, Buffer.from(body)]));
}

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

type Source = readonly [source: string, slug: string, status: number, send: () => Promise<ApiResponse>];

/** Every source of errors, with its problem. */
const sources: readonly Source[] = [
  ['an unknown path', 'not-found', 404, async () => await api.get('/v1/nothing')],
  ['an unknown path outside the API', 'not-found', 404, async () => await api.get('/nothing')],
  ['a collection with a trailing slash', 'not-found', 404, async () => await asAdmin.get('/v1/users/')],
  ['a file that the docs do not have', 'not-found', 404, async () => await api.get('/docs/nothing.js')],
  [
    'a compressed body',
    'unsupported-media-type',
    415,
    async () => await postRaw('{}', { ...json, 'Content-Encoding': 'gzip' }),
  ],
  ['an unknown version', 'not-found', 404, async () => await api.get('/v9/users')],
  ['an unknown problem', 'not-found', 404, async () => await api.get('/problems/nothing')],
  ['a wrong method', 'method-not-allowed', 405, async () => await api.delete('/v1/auth/login')],
  [
    'an unknown method',
    'bad-request',
    400,
    async () => await sendRaw(api.baseUrl, 'BREW / HTTP/1.1\r\nHost: a\r\n\r\n'),
  ],
  ['malformed JSON', 'malformed-json', 400, async () => await postRaw('{"email":')],
  ['an empty JSON body', 'malformed-json', 400, async () => await postRaw('')],
  ['a JSON body of blanks', 'malformed-json', 400, async () => await postRaw('  \n')],
  ['a repeated member', 'malformed-json', 400, async () => await postRaw('{"a":1,"a":2}')],
  [
    'a duplicate member with an escape sequence',
    'malformed-json',
    400,
    async () => await postRaw(String.raw`{"a":1,"\u0061":2}`),
  ],
  ['__proto__', 'malformed-json', 400, async () => await postRaw('{"__proto__":{"admin":true}}')],
  ['an escaped __proto__', 'malformed-json', 400, async () => await postRaw(String.raw`{"__pr\u006fto__":1}`)],
  ['a constructor member, nested', 'malformed-json', 400, async () => await postRaw('{"a":[{"constructor":{}}]}')],
  ['33 levels', 'malformed-json', 400, async () => await postRaw(nested(33))],
  ['a quarter of a million levels', 'malformed-json', 400, async () => await postRaw('['.repeat(250_000))],
  ['bytes that are not UTF-8', 'malformed-json', 400, async () => await postRaw(Buffer.from([0x22, 0xff, 0x22]))],
  ['a body of 2 MiB', 'content-too-large', 413, async () => await postRaw('x'.repeat(2 * 1024 * 1024))],
  ['a body one byte too long', 'content-too-large', 413, async () => await postRaw(`"${'x'.repeat(256 * 1024 - 1)}"`)],
  [
    'an unknown media type',
    'unsupported-media-type',
    415,
    async () => await postRaw('<a/>', { 'Content-Type': 'text/xml' }),
  ],
  [
    'a form instead of JSON',
    'unsupported-media-type',
    415,
    async () => await postRaw('a=1', { 'Content-Type': 'application/x-www-form-urlencoded' }),
  ],
  ['plain text', 'unsupported-media-type', 415, async () => await postRaw('a', { 'Content-Type': 'text/plain' })],
  ['a body without a media type', 'unsupported-media-type', 415, async () => await postRaw('{}', {})],
  [
    'a tab in Content-Type',
    'unsupported-media-type',
    415,
    async () => await postRaw('{}', { 'Content-Type': 'application/json\ta' }),
  ],
  [
    'a charset other than UTF-8',
    'unsupported-media-type',
    415,
    async () => await postRaw('{}', { 'Content-Type': 'application/json; charset=latin1' }),
  ],
  ['a path of 5,000 characters', 'uri-too-long', 414, async () => await api.get(`/v1/${'a'.repeat(5000)}`)],
  ['an id of 300 characters', 'uri-too-long', 414, async () => await asAdmin.get(`/v1/users/${'a'.repeat(300)}`)],
  ['a query of 5,000 characters', 'uri-too-long', 414, async () => await api.get(`/livez?${'a'.repeat(5000)}`)],
  ['a bad percent-escape', 'bad-request', 400, async () => await api.get('/v1/users/%zz')],
  ['an escape of an escape', 'not-found', 404, async () => await asAdmin.get('/v1/users/%25zz')],
  ['an unknown path of 500 characters', 'not-found', 404, async () => await api.get(`/${'a'.repeat(500)}`)],
  ['a bad percent-escape elsewhere', 'bad-request', 400, async () => await api.get('/%zz')],
  [
    'headers of 20 KiB',
    'request-header-fields-too-large',
    431,
    async () => await sendRaw(api.baseUrl, `GET / HTTP/1.1\r\nHost: a\r\nA: ${'b'.repeat(20_480)}\r\n\r\n`),
  ],
  ['bytes that are not HTTP', 'bad-request', 400, async () => await sendRaw(api.baseUrl, 'hello\r\n\r\n')],
  ['a missing Host', 'bad-request', 400, async () => await sendRaw(api.baseUrl, 'GET /livez HTTP/1.1\r\n\r\n')],
  [
    'an unknown expectation',
    'expectation-failed',
    417,
    async () => await sendRaw(api.baseUrl, 'GET /livez HTTP/1.1\r\nHost: a\r\nExpect: cake\r\n\r\n'),
  ],
  ['no token', 'unauthenticated', 401, async () => await api.get('/v1/users/me')],
  [
    'a malformed token',
    'unauthenticated',
    401,
    async () => await api.get('/v1/users/me', { Authorization: 'Bearer x.y.z' }),
  ],
  ['a missing permission', 'forbidden', 403, async () => await api.as(user).get('/v1/users')],
  ['a malformed id', 'not-found', 404, async () => await asAdmin.get('/v1/users/no-id')],
  ['a NUL in a path', 'not-found', 404, async () => await asAdmin.get('/v1/users/%00')],
  ['an unknown query parameter', 'invalid-parameter', 400, async () => await asAdmin.get('/v1/users?colour=red')],
  ['a query where none is read', 'invalid-parameter', 400, async () => await asAdmin.get('/v1/users/me?a=1')],
  ['a repeated query parameter', 'invalid-parameter', 400, async () => await asAdmin.get('/v1/users?limit=1&limit=2')],
  ['a NUL in a query', 'invalid-parameter', 400, async () => await asAdmin.get('/v1/users?email=%00')],
  ['a forged cursor', 'invalid-cursor', 400, async () => await asAdmin.get('/v1/users?cursor=AAAA')],
  ['an invalid body', 'validation-failed', 422, async () => await api.post('/v1/auth/login', { email: 'a' })],
  ['a list where an object is due', 'validation-failed', 422, async () => await api.post('/v1/auth/login', [])],
  ['a body that is null', 'validation-failed', 422, async () => await postRaw('null')],
  [
    'a body for an operation without one',
    'validation-failed',
    422,
    async () => await send('DELETE', `/v1/users/${user.id}`, '{"a":1}'),
  ],
];

async function send(method: string, path: string, body: string): Promise<ApiResponse> {
  const { accessToken } = await api.tokensOf(admin);
  const reply = await fetch(api.baseUrl + path, {
    method,
    body,
    headers: { ...json, Authorization: `Bearer ${accessToken}` },
  });
  const text = await reply.text();
  return { status: reply.status, headers: Object.fromEntries(reply.headers), text, body: JSON.parse(text) };
}

describe('every error source', () => {
  it.each(sources)('returns problem details for %s', async (_, slug, status, act) => {
    expect(await act()).toBeProblem(slug, status);
  });

  it.each(sources)('sets the security headers for %s', async (_source, _slug, _status, act) => {
    expect((await act()).headers).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none';base-uri 'none';frame-ancestors 'none'",
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
  });

  it('has a page at its type', async () => {
    for (const slug of new Set(sources.map(([, name]) => name))) {
      expect(await api.get(`/problems/${slug}`)).toMatchObject({ status: 200, body: { type: `/problems/${slug}` } });
    }
  });
});

describe('an empty body', () => {
  const lines = [
    ['JSON', 'Content-Type: application/json\r\nContent-Length: 0'],
    ['JSON in UTF-8', 'Content-Type: application/json; charset=utf-8\r\nContent-Length: 0'],
    ['JSON in another charset', 'Content-Type: application/json; charset=latin1\r\nContent-Length: 0'],
    ['JSON without a length', 'Content-Type: application/json'],
    ['JSON in chunks', 'Content-Type: application/json\r\nTransfer-Encoding: chunked'],
    ['a form, as curl -d "" says', 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0'],
    ['a text, as fetch says', 'Content-Type: text/plain;charset=UTF-8\r\nContent-Length: 0'],
    ['a text in chunks', 'Content-Type: text/plain\r\nTransfer-Encoding: chunked'],
    ['a type that is none', 'Content-Type: undefined\r\nContent-Length: 0'],
    ['a type without a name', 'Content-Type: \r\nContent-Length: 0'],
    ['a type that is none, without a length', 'Content-Type: json'],
    ['nothing, in chunks', 'Transfer-Encoding: chunked'],
    ['nothing', 'Content-Length: 0'],
  ] as const;

  async function sendEmpty(line: string, headers: string): Promise<ApiResponse> {
    const { accessToken } = await api.tokensOf(admin);
    const chunks = headers.includes('chunked') ? '0\r\n\r\n' : '';
    const head = `${line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer ${accessToken}`;
    return await sendRaw(api.baseUrl, `${head}\r\n${headers}\r\n\r\n${chunks}`);
  }

  it.each(lines)('with %s counts as no body for an operation without one', async (_, headers) => {
    expect((await sendEmpty('POST /v1/queues/default/resume', headers)).status).toBe(200);
    expect(await sendEmpty(`DELETE /v1/users/${user.id}`, headers)).toBeProblem('precondition-required', 428);
  });

  it.each(lines)('with %s counts as missing for an operation that requires one', async (_, headers) => {
    expect(await sendEmpty('POST /v1/auth/login', headers)).toBeProblem('malformed-json', 400);
    expect(await sendEmpty('PATCH /v1/users/me', headers)).toBeProblem('malformed-json', 400);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', ''])(
    'with media type %j may be chunked',
    async (type) => {
      const headers = `${type === '' ? '' : `Content-Type: ${type}\r\n`}Transfer-Encoding: chunked`;
      const { accessToken } = await api.tokensOf(admin);
      const head = `POST /v1/queues/default/resume HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${accessToken}`;

      const reply = await sendRaw(api.baseUrl, `${head}\r\n${headers}\r\n\r\n1\r\na\r\n0\r\n\r\n`);

      expect(reply).toBeProblem('unsupported-media-type', 415);
    },
  );

  it('is rejected after the guards', async () => {
    expect(await postRaw('', { ...json, Host: 'a' })).toBeProblem('malformed-json', 400);
    const reply = await sendRaw(
      api.baseUrl,
      'PATCH /v1/users/me HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n',
    );
    expect(reply).toBeProblem('unauthenticated', 401);
  });
});

describe('a wrong method', () => {
  it('returns the methods of the path', async () => {
    expect((await api.delete('/v1/auth/login')).headers['allow']).toBe('POST');
    expect((await asAdmin.post('/v1/users/me', {})).headers['allow']).toBe('DELETE, GET, HEAD, PATCH');
  });
});

describe('a validation problem', () => {
  it('points at every violation', async () => {
    const reply = await api.post('/v1/auth/register', { email: 'no', password: 7, extra: 1, 'a/b~c': 1 });

    expect(reply).toBeProblem('validation-failed', 422);
    const { errors } = reply.body as { errors: { pointer: string; code: string }[] };
    expect(new Set(errors.map(({ pointer }) => pointer))).toEqual(
      new Set(['#/email', '#/password', '#/extra', '#/a~1b~0c']),
    );
    expect(errors).toContainEqual({ pointer: '#/extra', code: 'unknown_member', detail: 'is not known here' });
  });

  it('points at the parent of a member whose name is too long', async () => {
    const reply = await api.post('/v1/auth/login', { ['é'.repeat(300)]: 1 });

    expect(reply).toBeProblem('validation-failed', 422);
    expect((reply.body as { errors: unknown[] }).errors).toContainEqual({
      pointer: '#',
      code: 'unknown_member',
      detail: 'is not known here',
    });
  });

  it.each(['/v1/users', '/v1/users/me'])('truncates long parameter names of %s', async (path) => {
    const reply = await asAdmin.get(`${path}?%00${'x'.repeat(300)}=1`);

    expect(reply).toBeProblem('invalid-parameter', 400);
    expect((reply.body as { errors: { parameter: string }[] }).errors.map(({ parameter }) => parameter)).toContain(
      `\ufffd${'x'.repeat(255)}`,
    );
  });

  it('returns at most 100 errors', async () => {
    const body = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`m${at}`, 1]));

    const reply = await api.post('/v1/auth/login', body);

    const query = Object.keys(body).join('=1&');
    const unread = await asAdmin.get(`/v1/users/me?${query}`);

    expect((reply.body as { errors: unknown[] }).errors).toHaveLength(100);
    expect((unread.body as { errors: unknown[] }).errors).toHaveLength(100);
  });

  it.each([
    ['U+0000', 'a\0b'],
    ['a lone surrogate', 'a\ud800b'],
  ])('rejects %s in a string', async (_, displayName) => {
    const body = `{"email":"nul@example.com","password":"long enough for this","displayName":${JSON.stringify(displayName)}}`;

    const reply = await postTo('/v1/auth/register', body);

    expect(reply).toBeProblem('validation-failed', 422);
    expect(reply.body).toMatchObject({ errors: [{ pointer: '#/displayName', code: 'ill_formed_string' }] });
  });

  it('names a query parameter', async () => {
    const reply = await asAdmin.get('/v1/users?limit=0&colour=red');

    expect(reply.body).toMatchObject({
      errors: expect.arrayContaining([
        expect.objectContaining({ parameter: 'limit' }),
        expect.objectContaining({ parameter: 'colour' }),
      ]),
    });
  });
});

async function postTo(path: string, body: string): Promise<ApiResponse> {
  const reply = await fetch(api.baseUrl + path, { method: 'POST', body, headers: json });
  const text = await reply.text();
  return { status: reply.status, headers: Object.fromEntries(reply.headers), text, body: JSON.parse(text) };
}

describe('a request id', () => {
  it('is taken from X-Request-Id', async () => {
    const reply = await api.get('/v1/users/me', { 'X-Request-Id': 'order-7_B' });

    expect(reply.headers['x-request-id']).toBe('order-7_B');
    expect(reply.body).toMatchObject({ instance: 'urn:request:order-7_B' });
  });

  it.each([
    ['a blank', 'a b'],
    ['65 characters', 'a'.repeat(65)],
    ['nothing', ''],
  ])('is generated for %s', async (_, id) => {
    const reply = await api.get('/livez', { 'X-Request-Id': id });

    expect(reply.headers['x-request-id']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/);
  });
});

describe('the problem pages', () => {
  it('list every kind', async () => {
    const reply = await api.get('/problems');

    const slugs = (reply.body as { data: { type: string }[] }).data.map(({ type }) => type);
    expect(slugs).toEqual(expect.arrayContaining(['/problems/validation-failed', '/problems/invalid-credentials']));
  });

  it('explain a kind to a browser', async () => {
    const reply = await api.get('/problems/validation-failed', browser);

    expect(reply.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(reply.text).toContain('What to do');
    expect(reply.text).toContain('Correct every member that <code>errors</code> points at');
  });

  it('are complete HTML documents without backticks', async () => {
    const { data } = (await api.get('/problems')).body as { data: { type: string }[] };

    for (const path of ['/', '/problems', ...data.map(({ type }) => type)]) {
      const { text } = await api.get(path, browser);
      expect(text).toMatch(
        /^<!doctype html>\s*<html lang="en">[^]*<meta name="viewport" content="width=device-width[^]*<title>[^<]+<\/title>[^]*<main>\s*<h1>[^]*<\/main>/,
      );
      expect(text).not.toContain('`');
    }
  });
});

describe('the start page', () => {
  it('returns JSON with links to the documentation', async () => {
    const reply = await api.get('/');

    expect(reply).toMatchObject({
      status: 200,
      headers: {
        link: '</docs/openapi.json>; rel="service-desc", </docs>; rel="service-doc"',
        vary: 'Origin, Accept',
      },
      body: { name: 'Plinth', version: '1', links: { docs: '/docs', document: '/docs/openapi.json' } },
    });
    const { links } = reply.body as { links: Record<string, string> };
    for (const link of Object.values(links)) expect((await api.get(link)).status).toBe(200);
    const { info } = (await api.get('/docs/openapi.json')).body as { info: object };
    expect(info).toMatchObject({ title: 'Plinth', version: '1' });
  });

  it('returns HTML to a browser', async () => {
    const reply = await api.get('/', browser);

    expect(reply.status).toBe(200);
    expectPage(reply, 'Origin, Accept');
    expect(reply.text).toContain('<a href="/docs">Documentation</a>');
    for (const text of ['The service is ready.', '<a href="/dev/mailbox">Mailbox</a>', '<a href="/account/login">'])
      expect(reply.text).toContain(text);
    expect(reply.text).toContain('curl http://localhost:3000/v1/auth/register');
  });
});

/** Failures of every layer, in a browser. */
const failures: readonly (readonly [string, number, (headers: Headers) => Promise<ApiResponse>])[] = [
  ['an unknown path', 404, async (headers) => await api.get('/nowhere', headers)],
  ['an unknown path of the API', 404, async (headers) => await api.get('/v1/nothing', headers)],
  ['an unknown path of the admin console', 404, async (headers) => await api.get('/admin/unknown', headers)],
  ['a file that the admin console does not have', 404, async (headers) => await api.get('/admin/assets/a.js', headers)],
  ['a file that the docs do not have', 404, async (headers) => await api.get('/docs/nothing.js', headers)],
  ['a wrong method', 405, async (headers) => await api.post('/problems', {}, headers)],
  ['a malformed path', 400, async (headers) => await api.get('/%zz', headers)],
  ['a path that is too long', 414, async (headers) => await api.get(`/${'a'.repeat(5000)}`, headers)],
  ['no token', 401, async (headers) => await api.get('/v1/users/me', headers)],
  ['a missing permission', 403, async (headers) => await api.as(user).get('/v1/users', headers)],
  ['an unknown parameter', 400, async (headers) => await asAdmin.get('/v1/users?colour=red', headers)],
  ['an invalid body', 422, async (headers) => await api.post('/v1/auth/login', { email: 'a' }, headers)],
  [
    'a media type',
    415,
    async (headers) => await api.post('/v1/auth/login', 'a', { ...headers, 'Content-Type': 'a/b' }),
  ],
];

describe('a failure', () => {
  it.each(failures)('is an HTML page for a browser, with the same status and headers: %s', async (_, status, act) => {
    const page = await act(browser);
    const problem = await act({});

    expect([page.status, problem.status]).toEqual([status, status]);
    expectPage(page, 'Origin, Accept, Accept-Language');
    expect(problem.headers).toMatchObject({ vary: 'Origin, Accept' });
    const { detail, code } = problem.body as { detail?: string; code: string };
    expect(page.text).toContain(`<code>${code}</code>`);
    expect(page.text).toContain(page.headers['x-request-id']);
    expect(page.text).toContain(detail?.replaceAll("'", '&#39;') ?? '');
    expect(stable(page)).toEqual(stable(problem));
  });

  it.each(['*/*', 'application/json', 'application/json, text/plain, */*', 'text/html;q=0.5, */*', ''])(
    'is problem details for a client that accepts %j',
    async (Accept) => {
      expect(await api.get('/nowhere', { Accept })).toBeProblem('not-found', 404);
      expect(await api.get('/v1/users/me', { Accept })).toBeProblem('unauthenticated', 401);
    },
  );

  it('is in the language that the browser prefers, as far as there are texts for it', async () => {
    const german = { ...browser, 'Accept-Language': 'de' };
    const page = await api.get('/nowhere', german);
    const untranslated = await asAdmin.get('/v1/users?cursor=invalid', german);

    expect(page.headers).toMatchObject({ vary: 'Origin, Accept, Accept-Language' });
    for (const text of ['<html lang="de">', '<h1>Nicht gefunden</h1>', 'Was Sie tun können', '<code>not_found</code>'])
      expect(page.text).toContain(text);
    expect(untranslated.text).toContain('<html lang="en">');
  });

  it('has texts in other languages only for kinds that exist', async () => {
    const { data } = (await api.get('/problems')).body as { data: { type: string }[] };
    const kinds = data.map(({ type }) => type.slice('/problems/'.length));

    expect(kinds).toEqual(expect.arrayContaining([...Object.keys(de.kinds), ...Object.keys(pageTexts.problems)]));
  });

  it('escapes everything that was sent', async () => {
    const markup = '<img src=x onerror=alert(1)>';
    const pages = [
      await asAdmin.get(`/v1/users?${encodeURIComponent(markup)}=1`, browser),
      await api.post('/v1/auth/login', { [markup]: 1 }, browser),
      await api.get(`/${markup.replaceAll(' ', '+')}`, browser),
      await api.get('/nowhere', { ...browser, 'X-Request-Id': '"><script>' }),
    ];

    expect(pages.map(({ status }) => status)).toEqual([400, 422, 404, 404]);
    for (const { text } of pages) expect(text).not.toMatch(/<img|<script/);
    expect(pages[0]?.text).toContain('&lt;img src=x onerror=alert(1)&gt;');
  });
});

describe('the document', () => {
  it('has 503 with Retry-After for every operation that uses the database', () => {
    const without = operations.filter((operation) => responseOf(operation, 503) === undefined).map(({ path }) => path);
    const silent = operations
      .filter((operation) => !headersOf(responseOf(operation, 503) ?? {}).has('retry-after'))
      .map(({ path }) => path);

    expect(without).toEqual(['/livez', '/startupz']);
    expect(silent).toEqual(['/livez', '/startupz']);
  });
});

function expectPage({ headers }: ApiResponse, vary: string): void {
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': expect.stringMatching(
      /^default-src 'none';style-src 'sha256-[^']+';img-src data:;form-action 'self';base-uri 'none';frame-ancestors 'none'$/,
    ),
    vary,
  });
}

/** The headers that depend neither on the media type nor on the time. */
function stable({ headers }: ApiResponse): Record<string, string> {
  const form = /^(content-(type|length|security-policy)|vary|date|ratelimit|x-request-id|connection|keep-alive)$/;
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !form.test(name)));
}
