import { describe, expect, it } from '@jest/globals';
import { databaseFailure } from './database-errors.ts';

const nested = (code: string): Error => new Error('outer', { cause: Object.assign(new Error('inner'), { code }) });
const prisma = (code: string, cause: object): Error =>
  Object.assign(new Error(code), { code, meta: { driverAdapterError: Object.assign(new Error(), { cause }) } });

describe('databaseFailure', () => {
  it.each(['ECONNREFUSED', '57P01', '08006', '53300', 'P2024', 'P2028'])(
    'sees that the database is away in %s',
    (code) => {
      expect(databaseFailure(nested(code))).toEqual({ kind: 'unavailable' });
    },
  );

  it.each(['ENOENT', 'EACCES', 'EADDRNOTAVAIL'])('sees it in a connection that fails with %s', (code) => {
    const error = Object.assign(new Error('connect'), { code, syscall: 'connect' });
    const elsewhere = Object.assign(new Error('open'), { code, syscall: 'open' });

    expect(databaseFailure(new Error('outer', { cause: error }))).toEqual({ kind: 'unavailable' });
    expect(databaseFailure(elsewhere)).toBeUndefined();
  });

  it('sees it in what node-postgres says in words', () => {
    expect(databaseFailure(new Error('timeout exceeded when trying to connect'))).toEqual({ kind: 'unavailable' });
    expect(databaseFailure(new Error('Connection terminated unexpectedly'))).toEqual({ kind: 'unavailable' });
  });

  it.each(['40001', '40P01'])('sees a lost race in %s', (code) => {
    expect(databaseFailure(prisma('P2010', { originalCode: code, kind: 'postgres' }))).toEqual({ kind: 'conflict' });
  });

  // Each of PostgreSQL's codes stands in src/http/problem/to-problem.spec.ts.
  it.each([
    ['57P01', { kind: 'unavailable' }],
    ['55P03', { kind: 'unavailable' }],
    ['22001', { kind: 'unstorable', columns: [] }],
  ])('reads %s through the code that Prisma wraps it in', (state, failure) => {
    expect(databaseFailure(prisma('P2039', { originalCode: state, kind: 'postgres', code: state }))).toEqual(failure);
  });

  it.each(['XX000', '42P01', 'P0001'])('takes %s for a bug, whatever Prisma calls it', (state) => {
    expect(databaseFailure(prisma('P2039', { originalCode: state, kind: 'postgres' }))).toBeUndefined();
  });

  it('names the columns of a unique violation', () => {
    const error = prisma('P2002', {
      originalCode: '23505',
      kind: 'UniqueConstraintViolation',
      constraint: { fields: ['display_name'] },
    });

    expect(databaseFailure(error)).toEqual({ kind: 'unique', columns: ['display_name'] });
  });

  it('leaves everything else alone', () => {
    expect(databaseFailure(new TypeError('x is not a function'))).toBeUndefined();
    expect(databaseFailure(undefined)).toBeUndefined();
    expect(databaseFailure('ECONNREFUSED')).toBeUndefined();
    const circular: { cause?: unknown } = {};
    circular.cause = circular;
    expect(databaseFailure(circular)).toBeUndefined();
  });
});
