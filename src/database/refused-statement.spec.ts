import { describe, expect, it } from '@jest/globals';
import { mendableError } from './refused-statement.ts';
import { StartRefused } from './start-refused.ts';

/** As Prisma wraps what its adapter makes of PostgreSQL's error. */
const wrapped = (code: string, originalMessage: string): Error =>
  Object.assign(new Error('\nInvalid `prisma.user.findMany()` invocation:\n'), {
    code: 'P2010',
    meta: {
      driverAdapterError: Object.assign(new Error('postgres'), { cause: { originalCode: code, originalMessage } }),
    },
  });

describe('A statement of a start or a command that failed', () => {
  it.each([
    [
      '42501',
      'permission denied for table users',
      'the database role lacks a right (docs/operations/database-roles.md)',
    ],
    ['42P01', 'relation "users" does not exist', 'the database lacks a migration: run "npm run db:migrate"'],
    ['25006', 'cannot execute INSERT', 'it is a standby, or the role has default_transaction_read_only'],
    ['57P01', 'terminating connection due to administrator command', 'the database can not be used now'],
  ])('with %s is told in one line', (code, message, reason) => {
    const direct = Object.assign(new Error(message), { code });

    for (const error of [direct, wrapped(code, message)]) {
      expect(mendableError(error)).toEqual(new StartRefused(`${message}: ${reason}.`));
    }
  });

  it('is left alone when it is a bug, or told already', () => {
    const bug = wrapped('42601', 'syntax error');
    const told = new StartRefused('There is no database', { cause: wrapped('57P01', 'gone') });

    expect(mendableError(bug)).toBe(bug);
    expect(mendableError(told)).toBe(told);
  });
});
