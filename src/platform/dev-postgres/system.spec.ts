import { describe, expect, it } from '@jest/globals';
import { startTimeInPs, startTimeInStat } from './system.ts';

const after = (state: string): string => `${state} 1 1 1 0 -1 4194560 1 0 0 0 1 1 0 0 20 0 1 0 987654 1 1`;

describe('the identity of a process', () => {
  it('is field 22 of its stat line', () => {
    expect(startTimeInStat(`42 (node) ${after('S')}`)).toBe('987654');
  });

  it('is found after a name with spaces and parentheses', () => {
    expect(startTimeInStat(`42 (a) Z (b c) ${after('S')}`)).toBe('987654');
  });

  it('is undefined for a zombie', () => {
    expect(startTimeInStat(`42 (node) ${after('Z')}`)).toBeUndefined();
    expect(startTimeInPs('Z+   Mon Jun  1 10:00:00 2026')).toBeUndefined();
  });

  it('is the date that ps prints elsewhere', () => {
    expect(startTimeInPs('Ss   Mon Jun  1 10:00:00 2026\n')).toBe('Mon Jun 1 10:00:00 2026');
    expect(startTimeInPs('')).toBeUndefined();
  });
});
