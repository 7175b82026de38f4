import { describe, expect, it } from '@jest/globals';
import { RE2JS } from 're2js';
import { publishedRulesOf, schemaCheckOf, violationsOf } from '../../../test/harness/app/field-checks.ts';
import { DateField } from './fields.ts';
import { fromText } from './query-text.ts';
import { validateInput } from './validate-input.ts';

class Dated {
  @DateField({ optional: true, nullable: true, description: 'A date.' })
  readonly due?: string | null;
}

const matchesSchema = schemaCheckOf(Dated);

describe('DateField', () => {
  it.each<object>([
    { due: '2024-02-29' },
    { due: '2000-02-29' },
    { due: '0100-01-01' },
    { due: '9999-12-31' },
    { due: null },
  ])('accepts %j, as its schema does', async (value) => {
    expect(await violationsOf(Dated, value)).toEqual([]);
    expect(matchesSchema(value)).toBe(true);
  });

  it.each<[object, [string, string]]>([
    ...[
      '2026-02-30',
      '2026-02-29',
      '1900-02-29',
      '2026-04-31',
      '2026-13-01',
      '2026-00-10',
      '2026-01-00',
      '2026-1-1',
      '0099-12-31',
      '0000-01-01',
      '20260131',
      '2026-01-31T00:00:00Z',
      '+002026-01-31',
      '-2026-01-31',
      '٢٠٢٦-٠١-٣١',
      '2026-01-31\n',
      '',
    ].map((text): [object, [string, string]] => [{ due: text }, ['due', 'is_date']]),
    [{ due: 20_260_131 }, ['due', 'is_date']],
    [{ due: ['2026-01-31'] }, ['due', 'is_date']],
  ])('rejects %j, as its schema does', async (value, expected) => {
    expect(await violationsOf(Dated, value)).toEqual([expected]);
    expect(matchesSchema(value)).toBe(false);
  });

  it.each(['due'])('has a pattern and a default example that RE2 and its schema accept: %s', (name) => {
    const { pattern, examples } = publishedRulesOf(Dated, name);

    expect(() => RE2JS.compile(pattern)).not.toThrow();
    expect(examples.every((example) => matchesSchema({ [name]: example }))).toBe(true);
  });
});

describe('DateField of a query', () => {
  it.each<[object, object]>([[{ due: '2026-01-31' }, { due: '2026-01-31' }]])(
    'is parsed from %j',
    async (sent, read) => {
      expect(await validateInput(Dated, sent, fromText)).toEqual({ value: read, errors: [] });
    },
  );

  it.each<[object, string, string]>([[{ due: '2026-02-30' }, 'due', 'is_date']])(
    'is rejected: %j',
    async (sent, pointer, code) => {
      expect((await violationsOf(Dated, sent, fromText)).at(0)).toEqual([pointer, code]);
    },
  );
});
