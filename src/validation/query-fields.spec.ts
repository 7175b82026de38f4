import { describe, expect, it } from '@jest/globals';
import { SomeOf } from './choice-fields.ts';
import { Flag, Moment, Text, Whole } from './fields.ts';
import { fromText, validated } from './validated.ts';

class ListQuery {
  @Flag({ optional: true, description: 'A flag.' })
  readonly done?: boolean;

  @Whole({ min: -100, max: Number.MAX_SAFE_INTEGER, optional: true, description: 'A number.' })
  readonly priority?: number;

  @Moment({ optional: true, description: 'A moment.' })
  readonly since?: string;

  @SomeOf(['user', 'admin'], { name: 'QueryRole', max: 2, optional: true, description: 'A list.' })
  readonly roles?: readonly string[];
}

/** As the server hands a query over: texts, and lists of texts where a parameter is repeated. */
type Sent = Readonly<Record<string, string | readonly string[]>>;

describe('The fields of a query', () => {
  it.each<[Sent, object]>([
    [{ done: 'true' }, { done: true }],
    [{ done: 'false' }, { done: false }],
    [{ priority: '-5' }, { priority: -5 }],
    [{ priority: '0' }, { priority: 0 }],
    [{ priority: '9007199254740991' }, { priority: Number.MAX_SAFE_INTEGER }],
    [{ since: '2026-01-31T10:30:00+01:00' }, { since: '2026-01-31T10:30:00+01:00' }],
    [{ since: '0100-01-01T00:00:00Z' }, { since: '0100-01-01T00:00:00Z' }],
    [{ roles: 'admin' }, { roles: ['admin'] }],
    [{ roles: ['admin', 'user'] }, { roles: ['admin', 'user'] }],
  ])('are read from %j', async (sent, read) => {
    const { value, errors } = await validated(ListQuery, sent, fromText);

    expect(errors).toEqual([]);
    expect(value).toEqual(read);
  });

  it.each<[Sent, string]>([
    [{ done: '1' }, 'must be true or false'],
    [{ done: 'TRUE' }, 'must be true or false'],
    [{ done: '' }, 'must be true or false'],
    [{ done: ['true', 'false'] }, 'must be true or false'],
    [{ priority: '1e1' }, 'must be a whole number from -100 to 9007199254740991'],
    [{ priority: '-0' }, 'must be a whole number from -100 to 9007199254740991'],
    [{ priority: '-101' }, 'must be a whole number from -100 to 9007199254740991'],
    [{ priority: '9007199254740993' }, 'must be a whole number from -100 to 9007199254740991'],
    [{ roles: '' }, 'must hold only user, admin'],
    [{ roles: ['user', 'user'] }, 'must not repeat an entry'],
  ])('refuse %j', async (sent, detail) => {
    const { errors } = await validated(ListQuery, sent, fromText);

    expect(errors.map((error) => error.detail)).toEqual([detail]);
  });

  it('refuse a moment before the year 100', async () => {
    expect((await validated(ListQuery, { since: '0099-12-31T23:59:59Z' }, fromText)).errors).not.toEqual([]);
  });

  it.each([{ done: 'true' }, { priority: '5' }, { roles: 'admin' }])(
    'are not read from text in a body: %j',
    async (sent) => {
      expect((await validated(ListQuery, sent)).errors).not.toEqual([]);
    },
  );

  it('have no pattern that means something else without its flags', () => {
    expect(() => Text({ max: 8, pattern: /^[a-z]*$/i, description: 'Letters.' })).toThrow('flags');
    expect(() => Text({ max: 8, pattern: /^[a-z]*$/u, description: 'Letters.' })).not.toThrow();
  });
});
