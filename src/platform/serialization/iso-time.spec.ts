import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isoTime } from './iso-time.ts';

describe('isoTime', () => {
  it('returns the same as toISOString', () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), fc.nat(172_800_000), (time, later) => {
        expect(isoTime(time)).toBe(time.toISOString());
        const second = new Date(Math.min(time.getTime() + later, 8.64e15));
        expect(isoTime(second)).toBe(second.toISOString());
      }),
    );
  });

  it.each([-1, 0, 1, -86_400_000, 86_399_999, 8.64e15, -8.64e15])('returns the same for %d ms since 1970', (ms) => {
    expect(isoTime(new Date(ms))).toBe(new Date(ms).toISOString());
  });

  it('throws RangeError for an invalid date', () => {
    expect(() => isoTime(new Date(Number.NaN))).toThrow(RangeError);
  });
});
