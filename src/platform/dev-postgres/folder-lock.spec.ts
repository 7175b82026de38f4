import { describe, expect, it } from '@jest/globals';
import { formatHolder, isRunning, parseHolder } from './folder-lock.ts';

describe('the holder of a lock', () => {
  it('is read as it was written', () => {
    const holder = { pid: 4711, identity: 'Mon Jun 1 10:00:00 2026', ticket: 'a-b-c' };
    expect(parseHolder(formatHolder(holder))).toEqual(holder);
  });

  it.each(['', '\n', 'x\ny\nz\n', '4711\n', '-1\nid\nticket\n', '4711\nid\n../../etc\n'])(
    'does not run when the file contains %j',
    (text) => {
      expect(isRunning(parseHolder(text))).toBe(false);
    },
  );
});
