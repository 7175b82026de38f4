import { describe, expect, it } from '@jest/globals';
import { appOrigins, configuredApp } from '../../harness/app/configured-app.ts';
import { sendRaw } from '../../harness/http/raw-http.ts';
import { operations } from '../../harness/openapi/api-document.ts';

const { api } = await configuredApp();

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
  it('allows every method and header of the API to a configured origin', async () => {
    const reply = await preflight('/v1/users/me', 'https://app.example.com');

    expect(reply.status).toBe(204);
    expect(reply.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
    expect(reply.headers.get('access-control-allow-methods')).toBe('GET, HEAD, POST, PUT, PATCH, DELETE');
    expect(reply.headers.get('access-control-allow-headers')).toBe(
      'Authorization, Content-Type, Content-Digest, Idempotency-Key, If-Match, If-None-Match, Prefer, Last-Event-ID, X-Request-Id, X-API-Key, X-CSRF-Token, Accept-Language, X-Token-Delivery, traceparent',
    );
    expect(reply.headers.get('access-control-allow-credentials')).toBeNull();
    expect(reply.headers.get('vary')).toContain('Origin');
  });

  it('allows every header that an operation reads', async () => {
    const reply = await preflight('/v1/users/me', 'https://app.example.com');
    const read = operations
      .flatMap(({ parameters = [] }) => parameters.filter((parameter) => parameter.in === 'header'))
      .map(({ name }) => name);

    expect(read).toContain('Prefer');
    expect(reply.headers.get('access-control-allow-headers')?.split(', ')).toEqual(
      expect.arrayContaining([...new Set(read)]),
    );
  });

  it.each(appOrigins)('allows the origin of an app: %s', async (origin) => {
    const reply = await preflight('/v1/users/me', origin);
    const read = await api.get('/v1/users/me', { Origin: origin });

    expect([reply.status, reply.headers.get('access-control-allow-origin')]).toEqual([204, origin]);
    expect(read.headers['access-control-allow-origin']).toBe(origin);
  });

  it.each([
    ['/v1/users/me', 'method-not-allowed', 405],
    ['/nowhere', 'not-found', 404],
  ])('does not treat OPTIONS without Access-Control-Request-Method as a preflight: %s', async (path, slug, status) => {
    const reply = await sendRaw(
      api.baseUrl,
      `OPTIONS ${path} HTTP/1.1\r\nHost: a\r\nOrigin: https://app.example.com\r\n\r\n`,
    );

    expect(reply).toBeProblem(slug, status);
    expect(reply.headers['access-control-allow-origin']).toBe('https://app.example.com');
  });

  it('sets Vary on problem pages', async () => {
    const reply = await api.get('/problems', { Origin: 'https://app.example.com' });

    expect(reply.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example.com',
      vary: 'Origin, Accept',
    });
  });

  it('exposes the headers that a front end reads, on failures too', async () => {
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
    ['GET /v1/users/%zz', 'bad-request', 400],
    ['GET /livez?a=%ff', 'bad-request', 400],
    [`GET /livez?${'a'.repeat(5000)}`, 'uri-too-long', 414],
    [`GET /v1/users/${'a'.repeat(300)}`, 'uri-too-long', 414],
  ])('sets its headers on rejected malformed requests: %.20s', async (line, slug, status) => {
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
  ])('sets no CORS header for the origin %s', async (origin) => {
    const reply = await preflight('/v1/users/me', origin);
    const read = await api.get('/livez', { Origin: origin });

    expect([...reply.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
    expect(Object.keys(read.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    expect(read.headers['vary']).toBe('Origin');
  });
});
