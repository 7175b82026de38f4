import { describe, expect, it } from '@jest/globals';
import { lostPort, oneLine, startupFailure } from './server-process.ts';

describe('the reason why a server ended', () => {
  it('is its first FATAL or PANIC line', () => {
    const output = [
      '2026-01-01 00:00:00.000 UTC [1] LOG:  starting PostgreSQL 18.4',
      '2026-01-01 00:00:00.000 UTC [9] FATAL:  the database system is starting up',
      '2026-01-01 00:00:00.000 UTC [2] PANIC:  could not locate a valid checkpoint record at 0/0',
      '2026-01-01 00:00:00.000 UTC [1] LOG:  startup process (PID 2) was terminated by signal 6: Aborted',
    ].join('\n');
    expect(startupFailure(output)).toBe('could not locate a valid checkpoint record at 0/0');
  });

  it('is all it wrote when there is no such line', () => {
    expect(startupFailure('postgres: could not find the database system\nExpected to find it.\n')).toBe(
      'postgres: could not find the database system Expected to find it',
    );
  });

  it('is reported as missing when it wrote nothing', () => {
    expect(startupFailure('')).toBe('no reason given');
  });

  it('is cut after 400 characters', () => {
    expect(oneLine('x'.repeat(1000))).toHaveLength(401);
  });

  it('may be a port that another process took', () => {
    expect(lostPort('LOG:  could not bind IPv4 address "127.0.0.1": Address already in use\n')).toBe(true);
    expect(lostPort('FATAL:  could not create lock file: Permission denied\n')).toBe(false);
  });
});
