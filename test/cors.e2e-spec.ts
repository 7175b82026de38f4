import { describe, expect, it } from '@jest/globals';
import { operations } from './support/api-document.ts';
import { start } from './support/app.ts';
import { sendRaw } from './support/raw.ts';

const apps = ['capacitor://localhost', 'tauri://localhost', `chrome-extension://${'abcdefghijklmnop'.repeat(2)}`];
const { api } = await start({
  CORS_ORIGINS: ['https://app.example.com', 'http://localhost:5173', ...apps].join(', '),
});

async function preflight(path: string, origin: string): Promise<Response> {
  return await fetch(api.baseUrl + path, {
    method: 'OPTIONS',
    headers: {
      Origin: origin,
      'Access-Control-Request-Method': 'PATCH',
      'Access-Control-Request-Headers': 'authorization,if-match',
    },
  });
}

describe('CORS', () => {
  it('lets a configured origin ask for everything that the API needs', async () => {
    const reply = await preflight('/v1/users/me', 'https://app.example.com');

    expect(reply.status).toBe(204);
    expect(reply.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
    expect(reply.headers.get('access-control-allow-methods')).toBe('GET, HEAD, POST, PUT, PATCH, DELETE');
    expect(reply.headers.get('access-control-allow-headers')).toBe(
      'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Prefer, Last-Event-ID, X-Request-Id, X-API-Key, X-CSRF-Token, traceparent',
    );
    expect(reply.headers.get('access-control-allow-credentials')).toBeNull();
    expect(reply.headers.get('vary')).toContain('Origin');
  });

  it('lets it send every header that an operation reads', async () => {
    const reply = await preflight('/v1/users/me', 'https://app.example.com');
    const read = operations
      .flatMap(({ parameters = [] }) => parameters.filter((parameter) => parameter.in === 'header'))
      .map(({ name }) => name);

    expect(read).toContain('Prefer');
    expect(reply.headers.get('access-control-allow-headers')?.split(', ')).toEqual(
      expect.arrayContaining([...new Set(read)]),
    );
  });

  it.each(apps)('lets the pages of an app in as well: %s', async (origin) => {
    const asked = await preflight('/v1/users/me', origin);
    const read = await api.get('/v1/users/me', { Origin: origin });

    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, origin]);
    expect(read.headers['access-control-allow-origin']).toBe(origin);
  });

  it.each([
    ['/v1/users/me', 'method-not-allowed', 405],
    ['/nowhere', 'not-found', 404],
  ])('takes no OPTIONS for a preflight that asks for nothing: %s', async (path, slug, status) => {
    const reply = await sendRaw(
      api.baseUrl,
      `OPTIONS ${path} HTTP/1.1\r\nHost: a\r\nOrigin: https://app.example.com\r\n\r\n`,
    );

    expect(reply).toBeProblem(slug, status);
    expect(reply.headers['access-control-allow-origin']).toBe('https://app.example.com');
  });

  it('says what the pages of problems vary by', async () => {
    const reply = await api.get('/problems', { Origin: 'https://app.example.com' });

    expect(reply.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example.com',
      vary: 'Origin, Accept',
    });
  });

  it('shows a configured origin the headers that a front end reads, on failures too', async () => {
    const reply = await api.get('/v1/users/me', { Origin: 'http://localhost:5173' });

    expect(reply).toBeProblem('unauthenticated', 401);
    expect(reply.headers).toMatchObject({
      'access-control-allow-origin': 'http://localhost:5173',
      'access-control-expose-headers':
        'ETag, Link, Location, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id, Idempotency-Replayed, Idempotency-Omitted, Preference-Applied, Content-Disposition, Deprecation, Sunset',
      vary: 'Origin, Accept',
    });
  });

  it.each([
    ['GET /v1/users/%zz', 'request-malformed', 400],
    ['GET /livez?a=%ff', 'request-malformed', 400],
    [`GET /livez?${'a'.repeat(5000)}`, 'target-too-long', 414],
    [`GET /v1/users/${'a'.repeat(300)}`, 'target-too-long', 414],
  ])('shows them on what the edge refuses: %.20s', async (line, slug, status) => {
    const reply = await sendRaw(api.baseUrl, `${line} HTTP/1.1\r\nHost: a\r\nOrigin: http://localhost:5173\r\n\r\n`);

    expect(reply).toBeProblem(slug, status);
    expect(reply.headers).toMatchObject({
      'access-control-allow-origin': 'http://localhost:5173',
      'access-control-expose-headers': expect.stringContaining('Retry-After'),
      vary: 'Origin, Accept',
    });
  });

  it.each([
    'https://evil.example.com',
    'https://app.example.com.evil.com',
    'https://APP.example.com',
    'capacitor://localhost.evil.com',
    'capacitor://localhost/',
    'CAPACITOR://localhost',
    'https://localhost',
    'null',
  ])('gives %s nothing', async (origin) => {
    const asked = await preflight('/v1/users/me', origin);
    const read = await api.get('/livez', { Origin: origin });

    expect([...asked.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
    expect(Object.keys(read.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    expect(read.headers['vary']).toBe('Origin');
  });
});
