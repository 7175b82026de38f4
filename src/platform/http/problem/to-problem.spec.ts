import { describe, expect, it } from '@jest/globals';
import { invalidMembers } from './problem.ts';
import { toProblem } from './to-problem.ts';

/** Every error code of PostgreSQL 18 (its manual, appendix A), and the problem that it is mapped to. */
const problems = {
  'service-unavailable': `
    08000 08003 08006 08001 08004 08007 08P01
    25006 25P03 25P04
    28000 28P01
    3D000
    40003
    53000 53100 53200 53300 53400
    55006 55P03
    57000 57014 57P01 57P02 57P03 57P04 57P05
    58000 58030 58P01 58P02 58P03`,
  'concurrent-change': '40000 40001 40002 40P01',
  'already-exists': '23505 23P01',
  'still-referenced': '23001',
  'validation-failed': `
    22000 2202E 22021 22008 22012 22005 2200B 22022 22015 2201E 22014 22016 2201F 2201G 22018 22007 22019 2200D 22025
    22P06 22010 22023 22013 2201B 2201W 2201X 2202H 2202G 22009 2200C 2200G 22004 22002 22003 2200H 22026 22001 22011
    22027 22024 2200F 22P01 22P02 22P03 22P04 22P05 2200L 2200M 2200N 2200S 2200T 22030 22031 22032 22033 22034 22035
    22036 22037 22038 22039 2203A 2203B 2203C 2203D 2203E 2203F 2203G
    23000 23502 23503 23514
    44000 54000`,
  'internal-error': `
    03000 09000 0A000 0B000 0F000 0F001 0L000 0LP01 0P000 0Z000 0Z002 10608 20000 21000 24000
    25000 25001 25002 25003 25004 25005 25007 25008 25P01 25P02
    26000 27000 2B000 2BP01 2D000 2F000 2F002 2F003 2F004 2F005 34000
    38000 38001 38002 38003 38004 39000 39001 39004 39P01 39P02 39P03 3B000 3B001 3F000
    42000 42601 42501 42846 42803 42P20 42P19 42830 42602 42622 42939 42804 42P18 42P21 42P22 42809 428C9 42703 42883
    42P01 42P02 42704 42701 42P03 42P04 42723 42P05 42P06 42P07 42712 42710 42702 42725 42P08 42P09 42P10 42611 42P11
    42P12 42P13 42P14 42P15 42P16 42P17
    54001 54011 54023 55000 55P02 55P04
    F0000 F0001
    HV000 HV005 HV002 HV010 HV021 HV024 HV007 HV008 HV004 HV006 HV091 HV00B HV00C HV00D HV090 HV00A HV009 HV014 HV001
    HV00P HV00J HV00K HV00Q HV00R HV00L HV00M HV00N
    P0000 P0001 P0002 P0003 P0004
    XX000 XX001 XX002`,
};

const codes = Object.entries(problems).flatMap(([slug, listed]) =>
  listed
    .trim()
    .split(/\s+/)
    .map((code) => [code, slug] as const),
);

/** Those that say when to try again. */
const later = ['service-unavailable', 'concurrent-change'];

/** As the driver adapter wraps it, for Prisma. */
const wrapped = (cause: object): Error =>
  Object.assign(new Error('P2010'), {
    code: 'P2010',
    meta: { driverAdapterError: Object.assign(new Error(), { cause }) },
  });

const mapped = (thrown: unknown): unknown => {
  const { kind, options } = toProblem(thrown);
  return { slug: kind.slug, status: kind.status, ...(options.errors === undefined ? {} : { errors: options.errors }) };
};

describe('toProblem, for an SQLSTATE of PostgreSQL', () => {
  it.each(codes)('maps %s to %s, from Prisma and from pg', (code, slug) => {
    for (const thrown of [
      Object.assign(new Error('refused'), { code, severity: 'ERROR' }),
      wrapped({ originalCode: code, kind: 'postgres', code }),
    ]) {
      const { kind, options } = toProblem(thrown);
      expect({ slug: kind.slug, later: options.headers?.['Retry-After'] }).toEqual({
        slug,
        later: later.includes(slug) ? '1' : undefined,
      });
    }
  });

  it('maps every code once', () => {
    expect(new Set(codes.map(([code]) => code)).size).toBe(codes.length);
    expect(codes).toHaveLength(251);
  });
});

describe('toProblem, for a violated constraint', () => {
  const foreignKey = { constraint: 'posts_author_id_fkey', table: 'posts', severity: 'ERROR' };
  const missing = 'insert or update on table "posts" violates foreign key constraint "posts_author_id_fkey"';
  const referenced =
    'update or delete on table "users" violates foreign key constraint "posts_author_id_fkey" on table "posts"';
  const missingReference = { pointer: '#/authorId', code: 'not_found', detail: 'does not exist' };

  it.each([
    ['node-postgres', Object.assign(new Error(missing), { ...foreignKey, code: '23503' })],
    [
      'node-postgres, with the detail',
      Object.assign(new Error(missing.replace('posts_author_id_fkey', 'named_by_hand')), {
        ...foreignKey,
        constraint: 'named_by_hand',
        code: '23503',
        detail: 'Key (author_id)=(9) is not present in table "users".',
      }),
    ],
    [
      'the adapter',
      wrapped({
        originalCode: '23503',
        kind: 'ForeignKeyConstraintViolation',
        constraint: { index: 'posts_author_id_fkey' },
        originalMessage: missing,
      }),
    ],
    [
      'the adapter, in German',
      wrapped({
        originalCode: '23503',
        kind: 'ForeignKeyConstraintViolation',
        constraint: { index: 'posts_author_id_fkey' },
        originalMessage:
          'Einfügen oder Aktualisieren in Tabelle »posts« verletzt Fremdschlüssel-Constraint »posts_author_id_fkey«',
      }),
    ],
  ])('points at the member of a missing reference: %s', (_, error) => {
    expect(mapped(error)).toEqual({ slug: 'validation-failed', status: 422, errors: [missingReference] });
  });

  it.each([
    ['node-postgres', Object.assign(new Error(referenced), { ...foreignKey, code: '23503' })],
    [
      'the adapter',
      wrapped({
        originalCode: '23503',
        kind: 'ForeignKeyConstraintViolation',
        constraint: { index: 'posts_author_id_fkey' },
        originalMessage: referenced,
      }),
    ],
    [
      'the adapter, for a table that references itself',
      wrapped({
        originalCode: '23503',
        kind: 'ForeignKeyConstraintViolation',
        constraint: { index: 'posts_parent_id_fkey' },
        originalMessage:
          'update or delete on table "posts" violates foreign key constraint "posts_parent_id_fkey" on table "posts"',
      }),
    ],
  ])('reports a row that is still referenced as a conflict: %s', (_, error) => {
    expect(mapped(error)).toEqual({ slug: 'still-referenced', status: 409 });
  });

  it.each([
    [{ code: '23505', detail: 'Key (email)=(a@b) already exists.' }, ['#/email']],
    [{ code: '23505', detail: 'Key (first_name, last_name)=(x, y) already exists.' }, ['#/firstName', '#/lastName']],
    [{ code: '23505', table: 'posts', constraint: 'posts_slug_key' }, ['#/slug']],
    [{ code: '23P01', detail: 'Key (during)=([2,3)) conflicts with existing key (during)=([1,5)).' }, ['#/during']],
    // One column or two: ambiguous.
    [{ code: '23505', table: 'posts', constraint: 'posts_first_name_key' }, undefined],
    // An expression.
    [{ code: '23505', detail: 'Key (lower(email))=(a@b) already exists.', constraint: 'users_lower_idx' }, undefined],
  ])('points at the known members of a unique constraint: %j', (members, pointers) => {
    const error = Object.assign(new Error('duplicate key value'), members);

    expect(mapped(error)).toEqual({
      slug: 'already-exists',
      status: 409,
      ...(pointers && {
        errors: pointers.map((pointer) => ({ pointer, code: 'already_exists', detail: 'already exists' })),
      }),
    });
  });

  it('points at the member of a column that must not be null', () => {
    const error = Object.assign(new Error('null value'), { code: '23502', table: 'posts', column: 'author_id' });

    expect(mapped(error)).toMatchObject({ status: 422, errors: [{ pointer: '#/authorId', code: 'invalid_value' }] });
  });
});

describe('invalidMembers', () => {
  const violation = (code: string, ...path: string[]): { path: string[]; code: string; detail: string } => {
    return { path, code, detail: 'is invalid' };
  };

  it('counts members, not their violations', () => {
    const two = [violation('is_string', 'name'), violation('max_length', 'name')];

    expect(invalidMembers(two)).toMatchObject({ detail: '1 member is invalid', errors: [{}, {}] });
    expect(invalidMembers([...two, violation('is_int', 'age')]).detail).toBe('2 members are invalid');
    expect(invalidMembers([violation('min', 'a', '0'), violation('min', 'a', '1')]).detail).toBe(
      '2 members are invalid',
    );
  });
});
