import { describe, expect, it } from '@jest/globals';
import { EnumArrayField } from './enum-fields.ts';
import { BooleanField, DateTimeField, StringField, IntegerField } from './fields.ts';
import { fromText } from './query-text.ts';
import { validateInput } from './validate-input.ts';

class ListQuery {
  @BooleanField({ optional: true, description: 'A flag.' })
  readonly done?: boolean;

  @IntegerField({ min: -100, max: Number.MAX_SAFE_INTEGER, optional: true, description: 'A number.' })
  readonly priority?: number;

  @DateTimeField({ optional: true, description: 'A time.' })
  readonly since?: string;

  @EnumArrayField(['user', 'admin'], { name: 'QueryRole', max: 2, optional: true, description: 'A list.' })
  readonly roles?: readonly string[];
}

/** A parsed query string: texts, and lists of texts where a parameter is repeated. */
type RawQuery = Readonly<Record<string, string | readonly string[]>>;

describe('The fields of a query', () => {
  it.each<[RawQuery, object]>([
    [{ done: 'true' }, { done: true }],
    [{ done: 'false' }, { done: false }],
    [{ priority: '-5' }, { priority: -5 }],
    [{ priority: '0' }, { priority: 0 }],
    [{ priority: '9007199254740991' }, { priority: Number.MAX_SAFE_INTEGER }],
    [{ since: '2026-01-31T10:30:00+01:00' }, { since: '2026-01-31T10:30:00+01:00' }],
    [{ since: '0100-01-01T00:00:00Z' }, { since: '0100-01-01T00:00:00Z' }],
    [{ roles: 'admin' }, { roles: ['admin'] }],
    [{ roles: ['admin', 'user'] }, { roles: ['admin', 'user'] }],
  ])('are parsed from %j', async (sent, read) => {
    const { value, errors } = await validateInput(ListQuery, sent, fromText);

    expect(errors).toEqual([]);
    expect(value).toEqual(read);
  });

  it.each<[RawQuery, string]>([
    [{ done: '1' }, 'must be true or false'],
    [{ done: 'TRUE' }, 'must be true or false'],
    [{ done: '' }, 'must be true or false'],
    [{ done: ['true', 'false'] }, 'must be true or false'],
    [{ priority: '1e1' }, 'must be a whole number from -100 to 9007199254740991'],
    [{ priority: '-0' }, 'must be a whole number from -100 to 9007199254740991'],
    [{ priority: '-101' }, 'must be a whole number from -100 to 9007199254740991'],
    [{ priority: '9007199254740993' }, 'must be a whole number from -100 to 9007199254740991'],
    [{ roles: '' }, 'must contain only user, admin'],
    [{ roles: ['user', 'user'] }, 'must not repeat an entry'],
  ])('reject %j', async (sent, detail) => {
    const { errors } = await validateInput(ListQuery, sent, fromText);

    expect(errors.map((error) => error.detail)).toEqual([detail]);
  });

  it('reject a time before the year 100', async () => {
    expect((await validateInput(ListQuery, { since: '0099-12-31T23:59:59Z' }, fromText)).errors).not.toEqual([]);
  });

  it.each([{ done: 'true' }, { priority: '5' }, { roles: 'admin' }])(
    'are not parsed from text in a body: %j',
    async (sent) => {
      expect((await validateInput(ListQuery, sent)).errors).not.toEqual([]);
    },
  );

  it('reject patterns that have another meaning without their flags', () => {
    expect(() => StringField({ max: 8, pattern: /^[a-z]*$/i, description: 'Letters.' })).toThrow('flags');
    expect(() => StringField({ max: 8, pattern: /^[a-z]*$/u, description: 'Letters.' })).not.toThrow();
  });
});
