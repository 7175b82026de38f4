import { describe, expect, it } from '@jest/globals';
import { InvalidIdempotencyKey } from './idempotency.errors.ts';
import { parseIdempotencyKey } from './idempotency-key.ts';

const longest = 'k'.repeat(255);

describe('parseIdempotencyKey', () => {
  it.each([
    ['k', 'k'],
    ['"k"', 'k'],
    ['8e03978e-40d5-43e8-bc93-6894a57f9324', '8e03978e-40d5-43e8-bc93-6894a57f9324'],
    ['"k";a=1;b', 'k'],
    ['"with spaces, commas"', 'with spaces, commas'],
    [String.raw`"a \"quoted\" \\ one"`, String.raw`a "quoted" \ one`],
    ['A.z_0~:+/=-', 'A.z_0~:+/=-'],
    ['42', '42'],
    [longest, longest],
    [`"${longest}"`, longest],
  ])('parses %s', (header, key) => {
    expect(parseIdempotencyKey(header)).toBe(key);
  });

  it.each([
    '',
    '""',
    '"',
    '"unterminated',
    '"k" ,"k"',
    '"k"k',
    '"k";A=1',
    '"caf\u00e9"',
    '"a\tb"',
    String.raw`"\n"`,
    'caf\u00e9',
    'two words',
    'k;a=1',
    'k, k',
    'k"',
    '{k}',
    `${longest}k`,
    `"${longest}k"`,
  ])('rejects %j', (header) => {
    expect(() => parseIdempotencyKey(header)).toThrow(InvalidIdempotencyKey);
  });
});
