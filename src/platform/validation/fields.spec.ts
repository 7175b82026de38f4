import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { ValidateBy } from 'class-validator';
import { RE2JS } from 're2js';
import { EnumArrayField } from './enum-fields.ts';
import { flattenErrors } from './error-pointers.ts';
import { DateField, StringField } from './fields.ts';
import { jsonSchemaOf } from './json-schema.ts';
import { ObjectArrayField, StringArrayField } from './list-fields.ts';
import { DecimalField, NumberField } from './number-fields.ts';
import { fromText } from './query-text.ts';
import { UrlField } from './url-field.ts';
import { validateInput } from './validate-input.ts';

class Line {
  @StringField({ min: 1, max: 10, description: 'Name.' })
  readonly name!: string;

  @DecimalField({ precision: 6, scale: 2, description: 'Price.' })
  readonly price!: string;

  @StringArrayField({ max: 2, items: { max: 5 }, optional: true, description: 'Labels.' })
  readonly labels?: readonly string[];
}

class Order {
  @NumberField({ min: -1.5, max: 1e12, optional: true, description: 'A number.' })
  readonly weight?: number;

  @DecimalField({ precision: 12, scale: 2, allowNegative: true, optional: true, nullable: true, description: 'Money.' })
  readonly total?: string | null;

  @DecimalField({ precision: 3, scale: 0, optional: true, description: 'Digits.' })
  readonly whole?: string;

  @DecimalField({ precision: 2, scale: 2, allowNegative: true, optional: true, description: 'A fraction.' })
  readonly share?: string;

  @DateField({ optional: true, nullable: true, description: 'A date.' })
  readonly due?: string | null;

  @UrlField({ optional: true, description: 'A URL.' })
  readonly link?: string;

  @UrlField({ protocols: ['http', 'https'], max: 30, optional: true, description: 'A short URL.' })
  readonly short?: string;

  @UrlField({ protocols: ['web+x', 'a.b'], optional: true, description: 'A URL of another scheme.' })
  readonly custom?: string;

  @StringArrayField({
    max: 3,
    items: { min: 1, max: 5, pattern: /^\S*$/ },
    unique: true,
    optional: true,
    description: 'x',
  })
  readonly tags?: readonly string[];

  @ObjectArrayField(Line, { min: 1, max: 3, optional: true, nullable: true, description: 'Lines.' })
  readonly lines?: readonly Line[] | null;
}

const ajv = new Ajv2020({ strict: false, formats: { decimal: true } });
addFormats.default(ajv);
const matchesSchema = ajv.compile(jsonSchemaOf(Order));
const line = { name: 'Tea', price: '4.50' };

/** The pointer and the code of each violation. */
async function violations(input: object, source: 'json' | typeof fromText = 'json'): Promise<[string, string][]> {
  const { errors } = await validateInput(Order, input, source);
  return errors.map(({ path, code }) => [path.join('/'), code]);
}

describe('A field', () => {
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
    { due: '2024-02-29' },
    { due: '2000-02-29' },
    { due: '0100-01-01' },
    { due: '9999-12-31' },
    { due: null },
    { link: 'https://example.com' },
    { link: 'https://example.com:8443/a/b;c=1?d=e&f=%C3%A9#g/h?' },
    { link: 'https://xn--bcher-kva.example/' },
    { link: 'https://[2001:db8::1]/' },
    { link: `https://example.com/${'a'.repeat(2048 - 20)}` },
    { short: 'http://localhost:3000' },
    { custom: 'web+x://example.com' },
    { custom: 'a.b://example.com' },
    { tags: [] },
    { tags: ['a', 'é', '💡💡💡💡💡'] },
    { lines: [line, { ...line, labels: ['a', 'a'] }] },
    { lines: null },
  ])('accepts %j, as its schema does', async (value) => {
    expect(await violations(value)).toEqual([]);
    expect(matchesSchema(value)).toBe(true);
  });

  it.each<[object, ...[string, string][]]>([
    [{ weight: 'NaN' }, ['weight', 'is_number']],
    [{ weight: '1' }, ['weight', 'is_number']],
    [{ weight: null }, ['weight', 'is_number']],
    [{ weight: true }, ['weight', 'is_number']],
    [{ weight: [1] }, ['weight', 'is_number']],
    [{ weight: -1.51 }, ['weight', 'min']],
    [{ weight: 1_000_000_000_001 }, ['weight', 'max']],
    ...['', '1', '1.', '.5', '1.505', '+1', '00', '01', '-0', '-0.00', '1e3', '0x10', ' 1', '1\n', '1,50', 'NaN', '١']
      .filter((text) => text !== '1')
      .map((text): [object, [string, string]] => [{ total: text }, ['total', 'is_decimal']]),
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
    ...[
      '',
      'example.com',
      '//example.com',
      'http://example.com',
      'HTTPS://example.com',
      'javascript:alert(1)',
      'https:example.com',
      'https:/example.com',
      'https://',
      'https:///path',
      'https://user:password@example.com',
      'https://user@example.com',
      'https://bücher.example',
      'https://example.com/ü',
      'https://example.com/a b',
      'https://example.com\\@evil.example',
      'https://example.com/%zz',
      'https://example.com/<script>',
      'https://example.com#a#b',
      ' https://example.com',
      'https://example.com\n',
      `https://example.com/${'a'.repeat(2048 - 19)}`,
    ].map((text): [object, [string, string]] => [{ link: text }, ['link', 'is_url']]),
    [{ link: null }, ['link', 'is_url']],
    [{ short: 'ftp://example.com' }, ['short', 'is_url']],
    [{ custom: 'webb+x://example.com' }, ['custom', 'is_url']],
    [{ custom: 'webbx://example.com' }, ['custom', 'is_url']],
    [{ custom: 'a+b://example.com' }, ['custom', 'is_url']],
    [{ short: 'javascript://example.com/%0Aalert(1)' }, ['short', 'is_url']],
    [{ short: `https://example.com/${'a'.repeat(11)}` }, ['short', 'is_url']],
    [{ tags: 'a' }, ['tags', 'is_array']],
    [{ tags: null }, ['tags', 'is_array']],
    [{ tags: { 0: 'a' } }, ['tags', 'is_array']],
    [{ tags: ['a', 1, null] }, ['tags/1', 'is_string'], ['tags/2', 'is_string']],
    [{ tags: ['a', ['b']] }, ['tags/1', 'is_string']],
    [{ tags: ['', 'abcdef'] }, ['tags/0', 'min_length'], ['tags/1', 'max_length']],
    [{ tags: ['a b'] }, ['tags/0', 'matches']],
    [{ tags: ['a', 'a'] }, ['tags', 'array_unique']],
    [{ tags: ['a', 'b', 'c', 'd'] }, ['tags', 'array_max_size']],
    [{ lines: [] }, ['lines', 'array_min_size']],
    [{ lines: line }, ['lines', 'is_array']],
    [{ lines: [line, line, line, line] }, ['lines', 'array_max_size']],
    [{ lines: [line, null, 1, 'x', []] }, ['lines', 'array_max_size'], ...[1, 2, 3].map(notAnObject)],
    [{ lines: [[line]] }, notAnObject(0)],
    [{ lines: [line, { ...line, price: '4.505' }] }, ['lines/1/price', 'is_decimal']],
    [
      { lines: [{ ...line, colour: 'red', labels: ['a', 7] }] },
      ['lines/0/colour', 'unknown_member'],
      ['lines/0/labels/1', 'is_string'],
    ],
    [{ lines: [{ name: 'Tea' }] }, ['lines/0/price', 'is_decimal']],
  ])('rejects %j, as its schema does', async (value, ...expected) => {
    expect(await violations(value)).toEqual(expected);
    expect(matchesSchema(value)).toBe(false);
  });

  it.each<[object, [string, string]]>([
    [{ weight: Number.NaN }, ['weight', 'is_number']],
    [{ weight: Number.POSITIVE_INFINITY }, ['weight', 'is_number']],
    [JSON.parse('{"weight": 1e400}') as object, ['weight', 'is_number']],
    [JSON.parse('{"weight": -1e400}') as object, ['weight', 'is_number']],
    // Beyond what a schema expresses.
    [{ link: 'https://example.com:65536/' }, ['link', 'is_url']],
    [{ link: 'https://1.2.3.256/' }, ['link', 'is_url']],
    [{ tags: ['\ud800'] }, ['tags/0', 'ill_formed_string']],
    [{ lines: [{ ...line, name: 'a\u0000' }] }, ['lines/0/name', 'ill_formed_string']],
  ])('rejects %p', async (value, expected) => {
    expect((await violations(value)).at(0)).toEqual(expected);
  });

  it.each(['weight', 'total', 'whole', 'share', 'due', 'link', 'short', 'tags', 'lines'])(
    'has a pattern and a default example that RE2 and its schema accept: %s',
    (name) => {
      const { properties } = jsonSchemaOf(Order) as { properties: Record<string, Record<string, unknown>> };
      const { pattern = '', examples = [] } = properties[name] as { pattern?: string; examples?: unknown[] };

      expect(() => RE2JS.compile(pattern)).not.toThrow();
      expect(examples.every((example) => matchesSchema({ [name]: example }))).toBe(true);
    },
  );
});

function notAnObject(index: number): [string, string] {
  return [`lines/${index}`, 'is_object'];
}

describe('A list', () => {
  it('has few violations however long it is', async () => {
    const tags = Array.from({ length: 200_000 }, (_, at) => `t${at}`);
    const labels = Array.from({ length: 200_000 }, () => 7);

    expect(await violations({ tags, lines: [{ ...line, labels }] })).toEqual([
      ['tags', 'array_max_size'],
      ['lines/0/labels', 'array_max_size'],
      ['lines/0/labels/0', 'is_string'],
      ['lines/0/labels/1', 'is_string'],
      ['lines/0/labels/2', 'is_string'],
    ]);
  });

  it('is cut before it is validated, also within a list of objects', async () => {
    const lengths: number[] = [];
    const validate = (value: readonly unknown[]): boolean => lengths.push(value.length) > 0;
    class Member {
      @EnumArrayField(['a', 'b'], { name: 'CutLetter', max: 2, description: 'Letters.' })
      @ValidateBy({ name: 'records the length', validator: { validate } })
      readonly letters!: readonly string[];
    }
    class Group {
      @ObjectArrayField(Member, { max: 2, description: 'Members.' })
      readonly members!: readonly Member[];
    }
    const letters = Array.from({ length: 1000 }, (_, at) => `${at}`);

    const { errors } = await validateInput(Group, { members: Array.from({ length: 1000 }, () => ({ letters })) });

    expect(lengths).toEqual([3, 3, 3]);
    expect(errors.map(({ code }) => code)).toContain('array_max_size');
  });

  it('is kept as it was sent', async () => {
    const { value } = await validateInput(Order, { tags: ['b', 'a'], lines: [line] });

    expect(value).toEqual({ tags: ['b', 'a'], lines: [line] });
    expect(value?.lines?.[0]).toBeInstanceOf(Line);
  });

  it('cannot contain objects with defaults', () => {
    class Sized {
      @NumberField({ min: 0, max: 1, default: 0.5, description: 'Size.' })
      readonly size!: number;
    }

    expect(() => ObjectArrayField(Sized, { max: 1, description: 'Some.' })).toThrow('would not be filled in');
  });
});

describe('A field of a query', () => {
  it.each<[object, object]>([
    [{ weight: '-1.5' }, { weight: -1.5 }],
    [{ weight: '0.25' }, { weight: 0.25 }],
    [{ weight: '0' }, { weight: 0 }],
    [{ total: '-0.50' }, { total: '-0.50' }],
    [{ due: '2026-01-31' }, { due: '2026-01-31' }],
    [{ link: 'https://example.com/?a=b' }, { link: 'https://example.com/?a=b' }],
    [{ tags: 'a' }, { tags: ['a'] }],
    [{ tags: ['a', 'b'] }, { tags: ['a', 'b'] }],
  ])('is parsed from %j', async (sent, read) => {
    expect(await validateInput(Order, sent, fromText)).toEqual({ value: read, errors: [] });
  });

  it.each<[object, string, string]>([
    ...['1e1', '-0', '-0.0', '', ' 1', '0x10', 'NaN', 'Infinity', '1e400', '01', '.5', '1.', '+1', '١', '1_000'].map(
      (text): [object, string, string] => [{ weight: text }, 'weight', 'is_number'],
    ),
    [{ weight: ['1', '2'] }, 'weight', 'is_number'],
    [{ total: ['1', '2'] }, 'total', 'is_decimal'],
    [{ due: '2026-02-30' }, 'due', 'is_date'],
    [{ tags: '' }, 'tags/0', 'min_length'],
    [{ tags: ['a', 'a'] }, 'tags', 'array_unique'],
    [{ lines: 'x' }, 'lines', 'is_array'],
  ])('is rejected: %j', async (sent, pointer, code) => {
    expect((await violations(sent, fromText)).at(0)).toEqual([pointer, code]);
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
    const schema = jsonSchemaOf(Line) as { properties: { price: { pattern: string; maxLength: number } } };

    expect(schema.properties.price).toMatchObject({ format: 'decimal', minLength: 1, maxLength: 7 });
    expect(new RegExp(schema.properties.price.pattern, 'u').test('9999.99')).toBe(true);
    expect(new RegExp(schema.properties.price.pattern, 'u').test('10000')).toBe(false);
  });
});

describe('The code of a violation', () => {
  it.each([
    ['isString', 'is_string'],
    ['arrayMinSize', 'array_min_size'],
    ['isRFC3339', 'is_rfc3339'],
    ['isDataURI', 'is_data_uri'],
    ['isISO31661Alpha2', 'is_iso31661_alpha2'],
    ['isISO4217CurrencyCode', 'is_iso4217_currency_code'],
    ['isHTTPUrl', 'is_http_url'],
  ])('of the rule %s is %s', (rule, code) => {
    const error = { property: 'name', constraints: { [rule]: 'is invalid' } };

    expect(flattenErrors([error])).toEqual([{ path: ['name'], code, detail: 'is invalid' }]);
  });
});

describe('UrlField', () => {
  it.each(['https:', 'HTTPS', 'a|b', '(', ''])('rejects the scheme %j', (protocol) => {
    expect(() => UrlField({ protocols: [protocol], description: 'A URL.' })).toThrow('is not a scheme');
  });
});
