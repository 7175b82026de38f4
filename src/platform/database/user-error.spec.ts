import { describe, expect, it } from '@jest/globals';
import { toUserError } from './user-error.ts';
import { StartupError } from '../config/startup-error.ts';

/** The form in which Prisma wraps PostgreSQL's error. */
const wrapped = (code: string, originalMessage: string): Error =>
  Object.assign(new Error('\nInvalid `prisma.user.findMany()` invocation:\n'), {
    code: 'P2010',
    meta: {
      driverAdapterError: Object.assign(new Error('postgres'), { cause: { originalCode: code, originalMessage } }),
    },
  });

describe('toUserError', () => {
  it.each([
    [
      '42501',
      'permission denied for table users',
      'the database role lacks a right (docs/operations/database-roles.md)',
    ],
    ['42P01', 'relation "users" does not exist', 'the database lacks a migration: run "npm run db:migrate"'],
    ['25006', 'cannot execute INSERT', 'it is a standby, or the role has default_transaction_read_only'],
    ['57P01', 'terminating connection due to administrator command', 'the database is unavailable'],
  ])('converts SQLSTATE %s into a one-line StartupError', (code, message, reason) => {
    const direct = Object.assign(new Error(message), { code });

    for (const error of [direct, wrapped(code, message)]) {
      expect(toUserError(error)).toEqual(new StartupError(`${message}: ${reason}.`));
    }
  });

  it('returns bugs and existing StartupErrors unchanged', () => {
    const bug = wrapped('42601', 'syntax error');
    const converted = new StartupError('There is no database', { cause: wrapped('57P01', 'terminated') });

    expect(toUserError(bug)).toBe(bug);
    expect(toUserError(converted)).toBe(converted);
  });
});
