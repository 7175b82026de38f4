import { describe, expect, it } from '@jest/globals';
import { ValidateBy } from 'class-validator';
import { RE2JS } from 're2js';
import { publishedRulesOf, schemaCheckOf, violationsOf } from '../../../test/harness/app/field-checks.ts';
import { EnumArrayField } from './enum-fields.ts';
import { StringField } from './fields.ts';
import { ObjectArrayField, StringArrayField } from './list-fields.ts';
import { DecimalField, NumberField } from './number-fields.ts';
import { fromText } from './query-text.ts';
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

const matchesSchema = schemaCheckOf(Order);
const line = { name: 'Tea', price: '4.50' };

function notAnObject(index: number): [string, string] {
  return [`lines/${index}`, 'is_object'];
}

describe('A list field', () => {
  it.each<object>([
    { tags: [] },
    { tags: ['a', 'é', '💡💡💡💡💡'] },
    { lines: [line, { ...line, labels: ['a', 'a'] }] },
    { lines: null },
  ])('accepts %j, as its schema does', async (value) => {
    expect(await violationsOf(Order, value)).toEqual([]);
    expect(matchesSchema(value)).toBe(true);
  });

  it.each<[object, ...[string, string][]]>([
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
    expect(await violationsOf(Order, value)).toEqual(expected);
    expect(matchesSchema(value)).toBe(false);
  });

  it.each<[object, [string, string]]>([
    [{ tags: ['\ud800'] }, ['tags/0', 'ill_formed_string']],
    [{ lines: [{ ...line, name: 'a\u0000' }] }, ['lines/0/name', 'ill_formed_string']],
  ])('rejects %p, which its schema cannot express', async (value, expected) => {
    expect((await violationsOf(Order, value)).at(0)).toEqual(expected);
  });

  it.each(['tags', 'lines'])('has a pattern and a default example that RE2 and its schema accept: %s', (name) => {
    const { pattern, examples } = publishedRulesOf(Order, name);

    expect(() => RE2JS.compile(pattern)).not.toThrow();
    expect(examples.every((example) => matchesSchema({ [name]: example }))).toBe(true);
  });
});

describe('A list', () => {
  it('has few violations however long it is', async () => {
    const tags = Array.from({ length: 200_000 }, (_, at) => `t${at}`);
    const labels = Array.from({ length: 200_000 }, () => 7);

    expect(await violationsOf(Order, { tags, lines: [{ ...line, labels }] })).toEqual([
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

describe('A list field of a query', () => {
  it.each<[object, object]>([
    [{ tags: 'a' }, { tags: ['a'] }],
    [{ tags: ['a', 'b'] }, { tags: ['a', 'b'] }],
  ])('is parsed from %j', async (sent, read) => {
    expect(await validateInput(Order, sent, fromText)).toEqual({ value: read, errors: [] });
  });

  it.each<[object, string, string]>([
    [{ tags: '' }, 'tags/0', 'min_length'],
    [{ tags: ['a', 'a'] }, 'tags', 'array_unique'],
    [{ lines: 'x' }, 'lines', 'is_array'],
  ])('is rejected: %j', async (sent, pointer, code) => {
    expect((await violationsOf(Order, sent, fromText)).at(0)).toEqual([pointer, code]);
  });
});
