import { describe, expect, it } from '@jest/globals';
import { tokenHeaderKid, TokenRejected } from './token-header.ts';

const token = (header: unknown): string =>
  `${Buffer.from(JSON.stringify(header)).toString('base64url')}.e30.${'A'.repeat(86)}`;
const good = { alg: 'ES256', typ: 'at+jwt', kid: 'k1' };

describe('tokenHeaderKid', () => {
  it('returns the kid', () => {
    expect(tokenHeaderKid(token(good))).toBe('k1');
  });

  it.each([
    ...['none', 'None', 'NONE', 'nOnE', 'HS256', 'ES384', 7, null].map((alg) => ({ ...good, alg })),
    ...['JWT', 'application/at+jwt', undefined].map((typ) => ({ ...good, typ })),
    ...[7, null, {}, [], true, undefined].map((kid) => ({ ...good, kid })),
    ...['jku', 'jwk', 'x5u', 'x5c', 'crit', 'b64'].map((member) => ({ ...good, [member]: 'x' })),
    ...[null, 'text', 7, []],
  ])('rejects the header %j', (header) => {
    expect(() => tokenHeaderKid(token(header))).toThrow(TokenRejected);
  });

  const header = token(good).split('.')[0] ?? '';

  it.each([
    '',
    '.',
    '...',
    'a.b.c',
    '%%%',
    'e30',
    ...[0, 4, 84, 85, 87, 96].map((length) => `${header}.e30.${'A'.repeat(length)}`),
    `${token(good)}.`,
    `${header}.e30.${'='.repeat(86)}`,
  ])('rejects the token %j', (text) => {
    expect(() => tokenHeaderKid(text)).toThrow(TokenRejected);
  });
});
