import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { types } from 'pg';
import { parseTexts, parseTime } from './value-parsers.ts';

const parserOf = types.getTypeParser as (oid: number, format: string) => (text: string) => unknown;
const [times, arrays] = [parserOf(1184, 'text'), parserOf(1009, 'text')];

describe('parseTime', () => {
  it('returns the same as node-postgres for times in UTC', () => {
    const year = fc.integer({ min: 1, max: 9999 }).map((value) => String(value).padStart(4, '0'));
    const two = (min: number, max: number): fc.Arbitrary<string> =>
      fc.integer({ min, max }).map((value) => String(value).padStart(2, '0'));
    const decimals = fc.option(fc.stringMatching(/^\d{1,6}$/), { nil: undefined });
    const time = fc
      .tuple(year, two(1, 12), two(1, 28), two(0, 23), two(0, 59), decimals)
      .map(([y, m, d, h, s, part]) => {
        return `${y}-${m}-${d} ${h}:07:${s}${part === undefined ? '' : `.${part}`}+00`;
      });
    fc.assert(
      fc.property(time, (text) => {
        expect(parseTime(text)).toEqual(times(text));
      }),
    );
  });

  it.each([
    'infinity',
    '-infinity',
    '2026-11-28 23:17:54.5+01',
    '2026-11-28 23:17:54.5+05:30',
    '2026-11-28 23:17:54-00',
    '0044-03-15 12:00:00+00 BC',
    '12026-11-28 23:17:54.5+00',
    '0000-01-01 00:00:00+00',
  ])('returns the same as node-postgres for %s', (text) => {
    expect(parseTime(text)).toEqual(times(text));
  });
});

describe('parseTexts', () => {
  it('returns the same as node-postgres', () => {
    const plain = fc.stringMatching(/^[a-z0-9:.\-_é€]+$/);
    const quoted = fc.string().map((text) => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`);
    fc.assert(
      fc.property(fc.array(fc.oneof(plain, quoted, fc.constant('NULL'))), (elements) => {
        const text = `{${elements.join(',')}}`;
        expect(parseTexts(text)).toEqual(arrays(text));
      }),
    );
  });

  it.each(['{}', '{NULL}', '{null}', '{{a,b},{c,d}}', '[0:1]={a,b}', '{"a,b"}', '{""}'])(
    'returns the same as node-postgres for %s',
    (text) => {
      expect(parseTexts(text)).toEqual(arrays(text));
    },
  );
});
