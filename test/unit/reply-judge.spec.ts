import { describe, expect, it } from '@jest/globals';
import { operations } from '../support/api-document.ts';
import type { Exchange } from '../support/reply-judge.ts';
import { judge } from '../support/reply-judge.ts';

const headers = { 'x-request-id': 'a', 'content-type': 'application/json; charset=utf-8' };

function alive(changes: Partial<Exchange> = {}): Exchange {
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

describe('judge', () => {
  it('accepts what the document says', () => {
    expect(() => {
      judge(alive());
      judge(failed());
      judge(alive({ target: '/docs', body: undefined, text: '<html>', headers: { 'content-type': 'text/html' } }));
    }).not.toThrow();
  });

  it.each<[string, Exchange, RegExp]>([
    ['a status', alive({ status: 201 }), /livez has no status 201/],
    ['a member', alive({ body: { status: 'ok', uptime: 1 } }), /"additionalProperty":"uptime"/],
    ['a value', alive({ body: { status: 'fine' } }), /must be equal to one of the allowed values/],
    ['no body', alive({ body: undefined, text: '', headers: { 'x-request-id': 'a' } }), /the media type {2}is none of/],
    ['a media type', alive({ headers: { ...headers, 'content-type': 'text/plain' } }), /text\/plain is none of/],
    ['a header', alive({ headers: { ...headers, 'x-powered-by': 'tea' } }), /x-powered-by is undocumented/],
    ['no request id', alive({ headers: { 'content-type': 'application/json' } }), /x-request-id is missing/],
    [
      'an odd request id',
      alive({ headers: { ...headers, 'x-request-id': '?' } }),
      /x-request-id: .*must match pattern/,
    ],
    ['another kind of problem', failed({ type: '/problems/forbidden' }), /forbidden is none of unauthenticated/],
    ['a problem without its code', failed({ code: undefined }), /required property 'code'/],
    ['a success where nothing is', alive({ target: '/v1/secrets' }), /no operation of the document is here/],
    ['a success of another method', alive({ method: 'POST' }), /no operation of the document is here/],
    ['half a problem where nothing is', failed({ title: undefined }, '/v1/secrets'), /required property 'title'/],
  ])('refuses %s that the document does not say', (_what, exchange, words) => {
    expect(() => {
      judge(exchange);
    }).toThrow(words);
  });

  it('accepts a page for a failure when the request named HTML, and only then', () => {
    const html = { 'content-type': 'text/html; charset=utf-8', 'www-authenticate': 'Bearer realm="plinth"' };
    const page = { ...failed(), headers: { ...headers, ...html }, body: undefined, text: '<!doctype html>' };

    expect(() => {
      judge({ ...page, accept: 'text/html,*/*;q=0.8' });
    }).not.toThrow();
    expect(() => {
      judge(page);
    }).toThrow(/a page that was not asked for/);
    expect(() => {
      judge({ ...page, accept: '*/*', target: '/v1/secrets' });
    }).toThrow(/a page that was not asked for/);
  });

  it('tells a written segment from a parameter', () => {
    expect(operations.map(({ operationId }) => operationId)).toEqual(expect.arrayContaining(['getMe', 'getUser']));
    expect(() => {
      judge({ ...failed(), target: '/v1/users/me?a=1' });
    }).not.toThrow();
  });
});
