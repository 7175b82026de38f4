import { describe, expect, it } from '@jest/globals';
import { classifyDatabaseError } from './database-errors.ts';

const nested = (code: string): Error => new Error('outer', { cause: Object.assign(new Error('inner'), { code }) });
const prisma = (code: string, cause: object): Error =>
  Object.assign(new Error(code), { code, meta: { driverAdapterError: Object.assign(new Error(), { cause }) } });

describe('classifyDatabaseError', () => {
  it.each(['ECONNREFUSED', '57P01', '08006', '53300', 'P2024', 'P2028'])('classifies %s as unavailable', (code) => {
    expect(classifyDatabaseError(nested(code))).toEqual({ kind: 'unavailable' });
  });

  it.each(['ENOENT', 'EACCES', 'EADDRNOTAVAIL'])(
    'classifies a connection that fails with %s as unavailable',
    (code) => {
      const error = Object.assign(new Error('connect'), { code, syscall: 'connect' });
      const elsewhere = Object.assign(new Error('open'), { code, syscall: 'open' });

      expect(classifyDatabaseError(new Error('outer', { cause: error }))).toEqual({ kind: 'unavailable' });
      expect(classifyDatabaseError(elsewhere)).toBeUndefined();
    },
  );

  it('classifies messages of node-postgres without a code as unavailable', () => {
    expect(classifyDatabaseError(new Error('timeout exceeded when trying to connect'))).toEqual({
      kind: 'unavailable',
    });
    expect(classifyDatabaseError(new Error('Connection terminated unexpectedly'))).toEqual({ kind: 'unavailable' });
  });

  it.each(['40001', '40P01'])('classifies %s as a conflict', (code) => {
    expect(classifyDatabaseError(prisma('P2010', { originalCode: code, kind: 'postgres' }))).toEqual({
      kind: 'conflict',
    });
  });

  // src/platform/http/problem/to-problem.spec.ts covers every SQLSTATE.
  it.each([
    ['57P01', { kind: 'unavailable' }],
    ['55P03', { kind: 'unavailable' }],
    ['22001', { kind: 'invalid-value', columns: [] }],
  ])('reads SQLSTATE %s from inside the code of Prisma', (state, failure) => {
    expect(classifyDatabaseError(prisma('P2039', { originalCode: state, kind: 'postgres', code: state }))).toEqual(
      failure,
    );
  });

  it.each(['XX000', '42P01', 'P0001'])('returns undefined for the bug %s, whatever code Prisma gives it', (state) => {
    expect(classifyDatabaseError(prisma('P2039', { originalCode: state, kind: 'postgres' }))).toBeUndefined();
  });

  it('returns the columns of a unique violation', () => {
    const error = prisma('P2002', {
      originalCode: '23505',
      kind: 'UniqueConstraintViolation',
      constraint: { fields: ['display_name'] },
    });

    expect(classifyDatabaseError(error)).toEqual({ kind: 'unique', columns: ['display_name'] });
  });

  it('returns undefined for everything else', () => {
    expect(classifyDatabaseError(new TypeError('x is not a function'))).toBeUndefined();
    expect(classifyDatabaseError(undefined)).toBeUndefined();
    expect(classifyDatabaseError('ECONNREFUSED')).toBeUndefined();
    const circular: { cause?: unknown } = {};
    circular.cause = circular;
    expect(classifyDatabaseError(circular)).toBeUndefined();
  });
});
