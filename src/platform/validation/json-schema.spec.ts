import { describe, expect, it } from '@jest/globals';
import { EnumField, EnumArrayField } from './enum-fields.ts';
import { BooleanField, UuidField, StringField, IntegerField } from './fields.ts';
import { AnyObjectField, ObjectField } from './object-fields.ts';
import { jsonSchemaOf } from './json-schema.ts';
import { validateInput } from './validate-input.ts';

// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- the test needs a class without members
class Empty {}

class Nested {
  @IntegerField({ min: 1, max: 9, description: 'How many.' })
  readonly count!: number;
}

class Sized {
  @StringField({ max: 8, description: 'What it looks like.' })
  readonly color!: string;

  @IntegerField({ min: 1, max: 100, default: 20, description: 'How large.' })
  readonly size!: number;
}

class Base {
  @StringField({ min: 2, max: 3, pattern: /^[a-z]+$/, description: 'Letters.' })
  readonly text!: string;
}

class Everything extends Base {
  @BooleanField({ description: 'On or off.', optional: true, nullable: true, example: true })
  readonly flag?: boolean | null;

  @EnumField(['csv', 'ndjson'], { name: 'Format', description: 'Which.', nullable: true })
  readonly format!: string | null;

  @EnumArrayField(['a', 'b'], { name: 'Letter', max: 2, description: 'Some.', optional: true })
  readonly some?: readonly string[];

  @ObjectField(Nested, { description: 'Within.', optional: true })
  readonly part?: Nested;

  @AnyObjectField({ description: 'Anything.', optional: true })
  readonly any?: object;

  @UuidField({ description: 'Whose.', optional: true })
  readonly id?: string;
}

describe('jsonSchemaOf', () => {
  it('contains the fields of a class and of its base class', () => {
    const letters = { type: 'string', minLength: 2, maxLength: 3, pattern: '^[a-z]+$', description: 'Letters.' };
    expect(jsonSchemaOf(Everything)).toEqual({
      type: 'object',
      properties: {
        text: letters,
        flag: { type: ['boolean', 'null'], description: 'On or off.', examples: [true] },
        format: { type: ['string', 'null'], enum: ['csv', 'ndjson', null], description: 'Which.' },
        some: {
          type: 'array',
          items: { type: 'string', enum: ['a', 'b'] },
          maxItems: 2,
          uniqueItems: true,
          description: 'Some.',
        },
        part: {
          type: 'object',
          properties: { count: { type: 'integer', minimum: 1, maximum: 9, format: 'int32', description: 'How many.' } },
          required: ['count'],
          additionalProperties: false,
          description: 'Within.',
        },
        any: { type: 'object', additionalProperties: true, description: 'Anything.' },
        id: expect.objectContaining({ type: 'string', format: 'uuid', description: 'Whose.' }),
      },
      required: ['text', 'format'],
      additionalProperties: false,
    });
    expect(jsonSchemaOf(Base)).toMatchObject({ properties: { text: letters }, required: ['text'] });
  });

  it('describes a class without members as the empty object', async () => {
    expect(jsonSchemaOf(Empty)).toMatchObject({ properties: {}, required: [], additionalProperties: false });
    expect((await validateInput(Empty, {})).errors).toEqual([]);
    expect((await validateInput(Empty, { more: 1 })).errors).toMatchObject([
      { path: ['more'], code: 'unknown_member' },
    ]);
  });

  const good = { text: 'abc', format: 'csv' };

  it.each([
    good,
    { ...good, format: null, flag: null },
    { ...good, flag: false, some: ['b', 'a'], part: { count: 9 } },
    { ...good, any: { deep: [{ er: null }] }, id: '01938c5e-7a80-7000-8000-3f2d6c1b9a04' },
  ])('agrees with the validator, which accepts %j', async (value) => {
    expect((await validateInput(Everything, value)).errors).toEqual([]);
  });

  it.each([
    {},
    { ...good, text: 'a' },
    { ...good, text: 'abcd' },
    { ...good, text: 'AB' },
    { ...good, text: null },
    { ...good, format: 'xml' },
    { text: 'abc' },
    { ...good, flag: 'true' },
    { ...good, some: null },
    { ...good, some: ['a', 'a'] },
    { ...good, some: ['a', 'b', 'a'] },
    { ...good, some: 'a' },
    { ...good, part: { count: 10 } },
    { ...good, part: { count: '5' } },
    { ...good, part: { count: 1.5 } },
    { ...good, part: { count: 5, more: 1 } },
    { ...good, part: [{ count: 5 }] },
    { ...good, any: [1] },
    { ...good, any: 'text' },
    { ...good, id: '01938C5E-7A80-7000-8000-3F2D6C1B9A04' },
    { ...good, more: 1 },
  ])('agrees with the validator, which rejects %j', async (value) => {
    expect((await validateInput(Everything, value)).errors).not.toEqual([]);
  });

  it('contains the default of an absent member, which the validator fills in', async () => {
    expect(jsonSchemaOf(Sized)).toMatchObject({ properties: { size: { default: 20 } }, required: ['color'] });
    expect((await validateInput(Sized, { color: 'red' })).value).toEqual({ color: 'red', size: 20 });
    expect((await validateInput(Sized, { color: 'red', size: 3 })).value).toEqual({ color: 'red', size: 3 });
    expect((await validateInput(Sized, { color: 'red', size: null })).errors).not.toEqual([]);
    expect(() => ObjectField(Sized, { description: 'Within.' })).toThrow('its defaults would not be filled in');
  });

  it('keeps an object of any shape as it was sent', async () => {
    const any = { a: { b: [1, { c: '2' }] } };

    expect((await validateInput(Everything, { ...good, any })).value?.any).toBe(any);
  });
});
