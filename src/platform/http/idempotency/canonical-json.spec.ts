import { describe, expect, it } from '@jest/globals';
import { canonicalJson } from './canonical-json.ts';

function canonical(text: string): string | undefined {
  return canonicalJson(JSON.parse(text));
}

describe('canonicalJson', () => {
  it('returns the example of RFC 8785 §3.2.3', () => {
    const example = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`;
    const withoutLarge = example.replace('1E30, ', '');

    expect(canonical(withoutLarge)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
    expect(canonical(example)).toBeUndefined();
  });

  it('sorts members by UTF-16 code units (RFC 8785 §3.2.3)', () => {
    const text = String.raw`{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}`;

    const members = Object.values(JSON.parse(canonical(text)?.replace('"1":4', '"one":4') ?? '{}') as object);
    expect(members).toEqual([2, 4, 6, 7, 1, 5, 3]);
  });

  it.each([
    ['{"a":1,"b":2}', '{"b":2,"a":1}'],
    ['[1,2]', ' [ 1 , 2 ] '],
    ['1', '1.0'],
    ['-0', '0'],
    ['"\u00e9"', String.raw`"\u00e9"`],
    ['{"a":{"c":[],"b":{}}}', '{"a":{"b":{},"c":[]}}'],
  ])('returns the same form for %s and %s', (one, other) => {
    expect(canonical(one)).toBe(canonical(other));
    expect(canonical(one)).toBeDefined();
  });

  it.each([
    ['[1,2]', '[2,1]'],
    ['1', '"1"'],
    ['null', '"null"'],
    ['{}', '[]'],
    ['"e\u0301"', '"\u00e9"'],
  ])('returns different forms for %s and %s', (one, other) => {
    expect(canonical(one)).not.toBe(canonical(other));
  });

  it.each(['9007199254740992', '9007199254740993', '-9007199254740993', '1e400', '{"a":[{"b":1e16}]}'])(
    'returns undefined for %s',
    (text) => {
      expect(canonical(text)).toBeUndefined();
    },
  );

  it('returns the largest exact integers', () => {
    expect(canonical('[9007199254740991,-9007199254740991]')).toBe('[9007199254740991,-9007199254740991]');
  });
});
