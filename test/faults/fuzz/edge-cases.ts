import fc from 'fast-check';

/** Texts that programs have stumbled over. */
export const oddTexts = [
  ...['', ' ', '\t', '\r\n', '\u0000', 'a\u0000b', '\ufeff', '\u202etxt', 'e\u0301', '\u{10ffff}', 'İıſK', 'ﷺ', '👩‍👩‍👧‍👦'],
  ...[
    '\ud800',
    'a\udfff',
    '\udc00\ud800',
    'null',
    'undefined',
    'NaN',
    '-0',
    '1e400',
    'true',
    '[object Object]',
    '%00',
    '%',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '../../etc/passwd',
    "' OR 1=1 --",
    '${jndi:ldap://x}',
    '\\',
  ],
  ...[
    '<script>alert(1)</script>',
    '{{7*7}}',
    '$1',
    '*',
    '"',
    '0x10',
    '+1',
    '9999999999999999999999',
    '2026-02-30T00:00:00Z',
  ],
] as const;

/** Numbers at the edges of what types hold. Texts between @@ become these digits and no others. */
export const oddNumbers = [
  ...[
    0,
    -0,
    -1,
    1,
    0.1,
    5e-324,
    1.7e308,
    -1.7e308,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31) - 1,
    2 ** 53,
    2 ** 53 + 2,
    2 ** 63,
    1e21,
  ],
  ...['@@1e999@@', '@@-1E400@@', '@@123456789012345678901234567890@@', '@@1.0000000000000000000001@@', '@@-0.0@@'],
] as const;

/** Mostly the first, now and then the second. */
export function mostly<T>(weight: number, usual: fc.Arbitrary<T>, unusual: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: unusual });
}

/** Any text: odd ones, all of Unicode, halves of characters, and long ones. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...oddTexts) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.array(fc.integer({ min: 0xd800, max: 0xdfff }), { maxLength: 4 }).map(ofCodes) },
  { weight: 1, arbitrary: fc.constantFrom('x'.repeat(1025), 'é'.repeat(255), '😀'.repeat(127), '\u0301'.repeat(600)) },
);

/** Any JSON value. */
export const anyJson: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: anyText },
  { weight: 3, arbitrary: fc.constantFrom(...oddNumbers) },
  { weight: 2, arbitrary: fc.constantFrom<unknown>(null, true, false, [], {}, [null], [[]], { a: { b: [] } }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);

/** Values of a header field that a client can send. */
export const anyFieldValue: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('', ' ', '*', '"', '""', 'W/"1"', '"1", "2"', ',', ';', '=', '\xff\xfe', 'a\tb'),
  },
  { weight: 1, arbitrary: fc.array(fc.integer({ min: 0x20, max: 0xff }), { maxLength: 60 }).map(printable) },
  { weight: 1, arbitrary: fc.constantFrom('x'.repeat(300), '"'.repeat(256), '1'.repeat(40), 'é'.repeat(200)) },
);

function ofCodes(codes: readonly number[]): string {
  return String.fromCharCode(...codes);
}

function printable(codes: readonly number[]): string {
  return ofCodes(codes.filter((code) => code !== 0x7f));
}
