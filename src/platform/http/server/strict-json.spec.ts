import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MalformedJson } from '../problem/http.errors.ts';
import { parseStrictJson } from './strict-json.ts';

const parse = (text: string): unknown => parseStrictJson(Buffer.from(text));

describe('parseStrictJson', () => {
  it('parses everything that JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        fc.pre(!/__proto__|constructor/.test(text));
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('accepts the same name in different objects, and names in strings', () => {
    expect(parse('{"a":{"a":[{"a":1},{"a":2}]},"b":"\\"a\\":{"}')).toEqual({
      a: { a: [{ a: 1 }, { a: 2 }] },
      b: '"a":{',
    });
  });

  it.each([
    ['a repeated name', '{"a":1,"a":2}'],
    ['a repeated name across blanks', '{"a" :1, "a"\n: 2}'],
    ['a duplicate name after a nested object', '{"a":{"b":1},"a":2}'],
    ['a repeated name in an escape', String.raw`{"a\"b":1,"\u0061\"b":2}`],
    ['__proto__', '{"a":{"__proto__":1}}'],
    ['constructor', '{"constructor":{"prototype":{}}}'],
    ['an unclosed string', '{"a'],
    ['a trailing backslash', '"\\'],
    ['a trailing comma', '[1,]'],
    ['two values', '1 2'],
    ['nothing', ''],
    ['33 levels of lists', '['.repeat(33) + ']'.repeat(33)],
    ['33 levels of objects', '{"a":'.repeat(33) + '1' + '}'.repeat(33)],
  ])('rejects %s', (_, text) => {
    expect(() => parse(text)).toThrow(MalformedJson);
  });

  it('accepts 32 levels, and any number of brackets in a string', () => {
    expect(parse('['.repeat(32) + ']'.repeat(32))).toBeDefined();
    expect(parse(`"${'['.repeat(100)}"`)).toBe('['.repeat(100));
  });

  it('rejects bytes that are not UTF-8', () => {
    expect(() => parseStrictJson(Buffer.from([0x22, 0xc3, 0x28, 0x22]))).toThrow(MalformedJson);
  });
});
