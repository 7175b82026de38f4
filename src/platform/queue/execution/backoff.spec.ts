import { describe, expect, it } from '@jest/globals';
import { backoffMs } from './backoff.ts';

describe('backoffMs', () => {
  it.each([
    [1, 1000],
    [2, 2000],
    [4, 8000],
    [11, 600_000],
    [1000, 600_000],
  ])('is at most, after %i failed attempts, %i ms', (failedAttempts, longestMs) => {
    expect(backoffMs(failedAttempts, 1000, 1)).toBe(longestMs);
    expect(backoffMs(failedAttempts, 1000, 0.5)).toBe(longestMs / 2);
    expect(backoffMs(failedAttempts, 1000, 0)).toBe(0);
  });

  it('is random', () => {
    const pauses = new Set(Array.from({ length: 20 }, () => backoffMs(5, 1000)));

    expect(pauses.size).toBeGreaterThan(1);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(16_000);
  });
});
