import { describe, expect, it } from '@jest/globals';
import { RE2JS } from 're2js';
import { publishedRulesOf, schemaCheckOf, violationsOf } from '../../../test/harness/app/field-checks.ts';
import { jsonSchemaOf } from './json-schema.ts';
import { DecimalField, NumberField } from './number-fields.ts';
import { fromText } from './query-text.ts';
import { validateInput } from './validate-input.ts';

class Amounts {
  @NumberField({ min: -1.5, max: 1e12, optional: true, description: 'A number.' })
  readonly weight?: number;

  @DecimalField({ precision: 12, scale: 2, allowNegative: true, optional: true, nullable: true, description: 'Money.' })
  readonly total?: string | null;

  @DecimalField({ precision: 3, scale: 0, optional: true, description: 'Digits.' })
  readonly whole?: string;

  @DecimalField({ precision: 2, scale: 2, allowNegative: true, optional: true, description: 'A fraction.' })
  readonly share?: string;
}

class Priced {
  @DecimalField({ precision: 6, scale: 2, description: 'Price.' })
  readonly price!: string;
}

const matchesSchema = schemaCheckOf(Amounts);

describe('A number field', () => {
  it.each<object>([
    { weight: 0 },
    { weight: -1.5 },
    { weight: 0.1 },
    { weight: 1e12 },
    { weight: -0 },
    { total: '0' },
    { total: '0.00' },
    { total: '-0.01' },
    { total: '-0.1' },
    { total: '-1' },
    { total: '-10.05' },
    { total: '9999999999.99' },
    { total: null },
    { whole: '0' },
    { whole: '999' },
    { share: '0' },
    { share: '0.99' },
    { share: '-0.99' },
  ])('accepts %j, as its schema does', async (value) => {
    expect(await violationsOf(Amounts, value)).toEqual([]);
    expect(matchesSchema(value)).toBe(true);
  });

  it.each<[object, [string, string]]>([
    [{ weight: 'NaN' }, ['weight', 'is_number']],
    [{ weight: '1' }, ['weight', 'is_number']],
    [{ weight: null }, ['weight', 'is_number']],
    [{ weight: true }, ['weight', 'is_number']],
    [{ weight: [1] }, ['weight', 'is_number']],
    [{ weight: -1.51 }, ['weight', 'min']],
    [{ weight: 1_000_000_000_001 }, ['weight', 'max']],
    ...['', '1.', '.5', '1.505', '+1', '00', '01', '-0', '-0.00', '1e3', '0x10', ' 1', '1\n', '1,50', 'NaN', '١'].map(
      (text): [object, [string, string]] => [{ total: text }, ['total', 'is_decimal']],
    ),
    [{ total: '10000000000' }, ['total', 'is_decimal']],
    [{ total: 'Infinity' }, ['total', 'is_decimal']],
    [{ total: 1.5 }, ['total', 'is_decimal']],
    [{ total: ['1'] }, ['total', 'is_decimal']],
    [{ whole: '1.0' }, ['whole', 'is_decimal']],
    [{ whole: '1000' }, ['whole', 'is_decimal']],
    [{ whole: '-1' }, ['whole', 'is_decimal']],
    [{ whole: null }, ['whole', 'is_decimal']],
    [{ share: '1' }, ['share', 'is_decimal']],
    [{ share: '-0.0' }, ['share', 'is_decimal']],
  ])('rejects %j, as its schema does', async (value, expected) => {
    expect(await violationsOf(Amounts, value)).toEqual([expected]);
    expect(matchesSchema(value)).toBe(false);
  });

  it.each<[object, [string, string]]>([
    [{ weight: Number.NaN }, ['weight', 'is_number']],
    [{ weight: Number.POSITIVE_INFINITY }, ['weight', 'is_number']],
    [JSON.parse('{"weight": 1e400}') as object, ['weight', 'is_number']],
    [JSON.parse('{"weight": -1e400}') as object, ['weight', 'is_number']],
  ])('rejects %p', async (value, expected) => {
    expect((await violationsOf(Amounts, value)).at(0)).toEqual(expected);
  });

  it.each(['weight', 'total', 'whole', 'share'])(
    'has a pattern and a default example that RE2 and its schema accept: %s',
    (name) => {
      const { pattern, examples } = publishedRulesOf(Amounts, name);

      expect(() => RE2JS.compile(pattern)).not.toThrow();
      expect(examples.every((example) => matchesSchema({ [name]: example }))).toBe(true);
    },
  );
});

describe('A number field of a query', () => {
  it.each<[object, object]>([
    [{ weight: '-1.5' }, { weight: -1.5 }],
    [{ weight: '0.25' }, { weight: 0.25 }],
    [{ weight: '0' }, { weight: 0 }],
    [{ total: '-0.50' }, { total: '-0.50' }],
  ])('is parsed from %j', async (sent, read) => {
    expect(await validateInput(Amounts, sent, fromText)).toEqual({ value: read, errors: [] });
  });

  it.each<[object, string, string]>([
    ...['1e1', '-0', '-0.0', '', ' 1', '0x10', 'NaN', 'Infinity', '1e400', '01', '.5', '1.', '+1', '١', '1_000'].map(
      (text): [object, string, string] => [{ weight: text }, 'weight', 'is_number'],
    ),
    [{ weight: ['1', '2'] }, 'weight', 'is_number'],
    [{ total: ['1', '2'] }, 'total', 'is_decimal'],
  ])('is rejected: %j', async (sent, pointer, code) => {
    expect((await violationsOf(Amounts, sent, fromText)).at(0)).toEqual([pointer, code]);
  });
});

describe('DecimalField', () => {
  it.each([
    [0, 0],
    [4, 5],
    [4, -1],
  ])('does not accept precision %i with scale %i', (precision, scale) => {
    expect(() => DecimalField({ precision, scale, description: 'Money.' })).toThrow('does not exist');
  });

  it('accepts exactly what PostgreSQL stores without rounding', () => {
    const schema = jsonSchemaOf(Priced) as { properties: { price: { pattern: string; maxLength: number } } };

    expect(schema.properties.price).toMatchObject({ format: 'decimal', minLength: 1, maxLength: 7 });
    expect(new RegExp(schema.properties.price.pattern, 'u').test('9999.99')).toBe(true);
    expect(new RegExp(schema.properties.price.pattern, 'u').test('10000')).toBe(false);
  });
});
