import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { endOfPeriod } from './end-of-period.ts';

describe('endOfPeriod', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['Date', 'nextTick', 'queueMicrotask', 'setImmediate'] });
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  /** The time after the start at which the wait ends that begins after `workMs`; the clock moves in steps of 0.5 ms. */
  async function endedAfter(workMs: number): Promise<number> {
    const start = performance.now();
    jest.advanceTimersByTime(workMs);
    let ended: number | undefined;
    void endOfPeriod({ start, periodMs: 100 }).then(() => (ended = performance.now() - start));
    while (ended === undefined) {
      jest.advanceTimersByTime(0.5);
      for (let turn = 0; turn < 5; turn += 1) await setImmediate();
    }
    return ended;
  }

  it.each([
    [0, 100],
    [1.5, 100],
    [98.5, 100],
    [99.5, 100],
    [100, 200],
    [250, 300],
  ])('is, after %d ms, %i ms after the start', async (workMs, endMs) => {
    expect(await endedAfter(workMs)).toBe(endMs);
  });

  it.each([1, 99.5])(
    'resolves when it is aborted %d ms after the start, and leaves no timer behind',
    async (afterMs) => {
      const controller = new AbortController();
      const waiting = endOfPeriod({ start: performance.now(), periodMs: 100, signal: controller.signal });
      jest.advanceTimersByTime(afterMs);
      await setImmediate();

      controller.abort();

      await waiting;
      expect(jest.getTimerCount()).toBe(0);
    },
  );
});
