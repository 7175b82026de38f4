import { describe, expect, it } from '@jest/globals';
import type { RequestIdentity } from './fingerprint.ts';
import { fingerprintOf } from './fingerprint.ts';

function fingerprint(body: string | undefined, changes: Partial<RequestIdentity> = {}): string {
  return fingerprintOf({
    method: 'POST',
    route: '/v1/things/:id',
    parameters: { id: '1' },
    query: { a: '1', b: '2' },
    contentType: 'application/json',
    body: body === undefined ? undefined : JSON.parse(body),
    bytes: body === undefined ? undefined : Buffer.from(body),
    ...changes,
  }).toString('hex');
}

const plain = fingerprint('{"a":1,"b":2}');

describe('fingerprintOf', () => {
  it('returns a SHA-256', () => {
    expect(plain).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<[string, string]>([
    ['another order of members', fingerprint('{"b":2,"a":1}')],
    ['whitespace', fingerprint('{ "a": 1, "b": 2 }')],
    ['another notation of numbers', fingerprint('{"a":1.0,"b":2e0}')],
    ['another order of the query', fingerprint('{"a":1,"b":2}', { query: { b: '2', a: '1' } })],
    ['a charset', fingerprint('{"a":1,"b":2}', { contentType: 'Application/JSON; charset=utf-8' })],
  ])('ignores %s', (_, other) => {
    expect(other).toBe(plain);
  });

  it.each<[string, string]>([
    ['the method', fingerprint('{"a":1,"b":2}', { method: 'PUT' })],
    ['the route', fingerprint('{"a":1,"b":2}', { route: '/v1/others/:id' })],
    ['a parameter of the path', fingerprint('{"a":1,"b":2}', { parameters: { id: '2' } })],
    ['the query', fingerprint('{"a":1,"b":2}', { query: { a: '1' } })],
    ['a repeated parameter', fingerprint('{"a":1,"b":2}', { query: { a: ['1', '1'], b: '2' } })],
    ['the media type', fingerprint('{"a":1,"b":2}', { contentType: 'text/csv' })],
    ['a member', fingerprint('{"a":1,"b":3}')],
    ['the absence of a body', fingerprint(undefined)],
  ])('depends on %s', (_, other) => {
    expect(other).not.toBe(plain);
  });

  it('ignores the media type of an empty body', () => {
    const without = fingerprint(undefined, { contentType: undefined });

    expect(fingerprint(undefined)).toBe(without);
    expect(fingerprint(undefined, { contentType: 'text/plain' })).toBe(without);
    expect(fingerprint('{}')).not.toBe(without);
    expect(fingerprint(undefined, { bytes: Buffer.from('a') })).not.toBe(without);
  });

  it('compares bodies with numbers outside ±2^53 byte by byte', () => {
    const large = '{"a":9007199254740993,"b":1}';

    expect(fingerprint(large)).toBe(fingerprint(large));
    expect(fingerprint('{"b":1,"a":9007199254740993}')).not.toBe(fingerprint(large));
    expect(fingerprint('{"a":9007199254740992,"b":1}')).not.toBe(fingerprint(large));
  });
});
