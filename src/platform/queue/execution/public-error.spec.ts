import { describe, expect, it } from '@jest/globals';
import { toPublicError } from './public-error.ts';
import { TimedOut, NonRetryableError } from '../queue-errors.ts';

class PrinterJammed extends Error {}
class FileDeleted extends NonRetryableError {}

function named(name: unknown, message: unknown): Error {
  return Object.defineProperties(new Error(), { name: { value: name }, message: { value: message } });
}

describe('toPublicError', () => {
  it.each([
    ['an error', new TypeError('no such thing'), { name: 'TypeError', message: 'no such thing' }],
    ['an error of a class without a name', new PrinterJammed('tray 2'), { name: 'PrinterJammed', message: 'tray 2' }],
    ['a time-out', new TimedOut(30), { name: 'TimedOut', message: 'The attempt exceeded its limit of 30 s.' }],
    ['text', 'just text', { name: 'Error', message: 'The handler threw just text.' }],
    ['nothing', undefined, { name: 'Error', message: 'The handler threw a value that is not an error.' }],
    ['null', null, { name: 'Error', message: 'The handler threw a value that is not an error.' }],
    ['a NUL', new Error('bad \0 byte'), { name: 'Error', message: 'bad  byte' }],
    ['an error without a message', named('Odd', undefined), { name: 'Odd', message: '' }],
    ['an error without a name', named(undefined, 'odd'), { name: 'Error', message: 'odd' }],
  ])('returns name and message of %s', (_, thrown, described) => {
    expect(toPublicError(thrown)).toEqual(described);
  });

  it('limits the lengths, and splits no character', () => {
    const { name, message } = toPublicError(named('N'.repeat(100_000), `${'a'.repeat(999)}\u{1F600}`));

    expect(name).toHaveLength(256);
    expect(message).toHaveLength(1000);
    expect(message.isWellFormed()).toBe(true);
  });

  it('accepts an error whose properties throw', () => {
    const trap = new Proxy(new Error(), {
      get: () => {
        throw new Error('trap');
      },
    });

    expect(toPublicError(trap).message).toBe('The handler threw a value that is not an error.');
  });
});

/** Creates an error with these members, as libraries do. */
function of(name: string, message: string, members: object): Error {
  return Object.assign(named(name, message), members);
}

describe('The error that the owner sees', () => {
  const adapter = (cause: object): object => ({ meta: { driverAdapterError: Object.assign(new Error(), { cause }) } });
  const sql = 'Invalid `prisma.$executeRaw()` invocation: relation "secret_table" does not exist';
  const host = 'db.internal:5432';

  it.each([
    [
      'of Prisma about a statement',
      of('PrismaClientKnownRequestError', sql, { code: 'P2010', ...adapter({ originalCode: '42P01' }) }),
      'DatabaseError',
    ],
    ['of Prisma without a code', of('PrismaClientUnknownRequestError', sql, {}), 'DatabaseError'],
    [
      'of Prisma about a call',
      of('PrismaClientValidationError', `in /srv/plinth/src/a.ts ${sql}`, {}),
      'DatabaseError',
    ],
    [
      'of the adapter',
      of('DriverAdapterError', sql, { cause: { kind: 'postgres', originalCode: '42P01' } }),
      'DatabaseError',
    ],
    [
      'of PostgreSQL',
      of('error', sql, { code: '42P01', severity: 'ERROR', routine: 'parserOpenTable' }),
      'DatabaseError',
    ],
    ['of PostgreSQL about a race', of('error', sql, { code: '40001', severity: 'ERROR' }), 'ConcurrentChange'],
    ['of PostgreSQL about a name', of('error', sql, { code: '23505', severity: 'ERROR' }), 'NotUnique'],
    ['of PostgreSQL about a value', of('error', sql, { code: '22P05', severity: 'ERROR' }), 'InvalidValue'],
    [
      'of a socket',
      of('Error', `connect ECONNREFUSED ${host}`, { code: 'ECONNREFUSED', syscall: 'connect' }),
      'ServerUnavailable',
    ],
    ['of the pool', new Error('timeout exceeded when trying to connect'), 'ServerUnavailable'],
    [
      'of the file system',
      of('Error', "ENOENT: no such file or directory, open '/srv/plinth/x'", { code: 'ENOENT', syscall: 'open' }),
      'SystemError',
    ],
    [
      'around one of those',
      new Error(`about ${host}`, { cause: of('Error', host, { code: 'ECONNRESET' }) }),
      'ServerUnavailable',
    ],
  ])('does not quote an error %s', (_, thrown, name) => {
    const described = toPublicError(thrown);

    expect(described.name).toBe(name);
    expect(described.message).not.toMatch(/prisma|secret_table|P20|42P01|internal|srv|ECONN|ENOENT|timeout/);
  });

  it('is the message of a NonRetryableError', () => {
    const cause = of('error', sql, { code: '42P01', severity: 'ERROR' });

    expect(toPublicError(new FileDeleted('The file is deleted', { cause }))).toEqual({
      name: 'FileDeleted',
      message: 'The file is deleted',
    });
  });
});
