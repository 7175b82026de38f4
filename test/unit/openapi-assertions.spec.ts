import { describe, expect, it } from '@jest/globals';
import { operations } from '../harness/openapi/api-document.ts';
import type { Exchange } from '../harness/openapi/openapi-assertions.ts';
import { assertMatchesOpenApi } from '../harness/openapi/openapi-assertions.ts';

const headers = { 'x-request-id': 'a', 'content-type': 'application/json; charset=utf-8' };

function liveness(changes: Partial<Exchange> = {}): Exchange {
  const body = { status: 'ok' };
  return { method: 'GET', target: '/livez', status: 200, headers, body, text: JSON.stringify(body), ...changes };
}

function failed(changes: Readonly<Record<string, unknown>> = {}, target = '/v1/users/me'): Exchange {
  const body = {
    ...{
      type: '/problems/unauthenticated',
      title: 'Authentication is required',
      status: 401,
      instance: 'urn:request:a',
    },
    ...{ code: 'unauthenticated', ...changes },
  };
  const sent = { ...headers, 'content-type': 'application/problem+json', 'www-authenticate': 'Bearer realm="plinth"' };
  return { method: 'GET', target, status: 401, headers: sent, body, text: JSON.stringify(body) };
}

describe('assertMatchesOpenApi', () => {
  it('accepts documented responses', () => {
    expect(() => {
      assertMatchesOpenApi(liveness());
      assertMatchesOpenApi(failed());
      assertMatchesOpenApi(
        liveness({ target: '/docs', body: undefined, text: '<html>', headers: { 'content-type': 'text/html' } }),
      );
    }).not.toThrow();
  });

  it.each<[string, Exchange, RegExp]>([
    ['a status', liveness({ status: 201 }), /livez has no status 201/],
    ['a member', liveness({ body: { status: 'ok', uptime: 1 } }), /"additionalProperty":"uptime"/],
    ['a value', liveness({ body: { status: 'fine' } }), /must be equal to one of the allowed values/],
    [
      'no body',
      liveness({ body: undefined, text: '', headers: { 'x-request-id': 'a' } }),
      /the media type {2}is none of/,
    ],
    ['a media type', liveness({ headers: { ...headers, 'content-type': 'text/plain' } }), /text\/plain is none of/],
    ['a header', liveness({ headers: { ...headers, 'x-powered-by': 'Express' } }), /x-powered-by is undocumented/],
    ['no request id', liveness({ headers: { 'content-type': 'application/json' } }), /x-request-id is missing/],
    [
      'a malformed request id',
      liveness({ headers: { ...headers, 'x-request-id': '?' } }),
      /x-request-id: .*must match pattern/,
    ],
    ['another kind of problem', failed({ type: '/problems/forbidden' }), /forbidden is none of unauthenticated/],
    ['a problem without its code', failed({ code: undefined }), /required property 'code'/],
    [
      'a success of an unknown path',
      liveness({ target: '/v1/secrets' }),
      /the document has no operation with this path and method/,
    ],
    [
      'a success of another method',
      liveness({ method: 'POST' }),
      /the document has no operation with this path and method/,
    ],
    [
      'an incomplete problem of an unknown path',
      failed({ title: undefined }, '/v1/secrets'),
      /required property 'title'/,
    ],
  ])('rejects %s that is undocumented', (_what, exchange, message) => {
    expect(() => {
      assertMatchesOpenApi(exchange);
    }).toThrow(message);
  });

  it('accepts a page for a failure when the request named HTML, and only then', () => {
    const html = { 'content-type': 'text/html; charset=utf-8', 'www-authenticate': 'Bearer realm="plinth"' };
    const page = { ...failed(), headers: { ...headers, ...html }, body: undefined, text: '<!doctype html>' };

    expect(() => {
      assertMatchesOpenApi({ ...page, accept: 'text/html,*/*;q=0.8' });
    }).not.toThrow();
    expect(() => {
      assertMatchesOpenApi(page);
    }).toThrow(/an HTML page without Accept/);
    expect(() => {
      assertMatchesOpenApi({ ...page, accept: '*/*', target: '/v1/secrets' });
    }).toThrow(/an HTML page without Accept/);
  });

  it('distinguishes a literal path segment from a parameter', () => {
    expect(operations.map(({ operationId }) => operationId)).toEqual(expect.arrayContaining(['getMe', 'getUser']));
    expect(() => {
      assertMatchesOpenApi({ ...failed(), target: '/v1/users/me?a=1' });
    }).not.toThrow();
  });
});
