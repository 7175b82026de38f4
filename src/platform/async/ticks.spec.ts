import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Ticks } from './ticks.ts';

describe('Ticks', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  /** The time from the creation at which `next` resolves that is called after `calledMs`. */
  async function resolvedAfter(calledMs: number): Promise<number> {
    using ticks = new Ticks(100);
    await jest.advanceTimersByTimeAsync(calledMs);
    const startedAt = Date.now() - calledMs;
    const resolved = ticks.next().then(() => Date.now());
    await jest.advanceTimersToNextTimerAsync();
    return (await resolved) - startedAt;
  }

  it.each([
    [0, 100],
    [1, 100],
    [99, 100],
    [100, 200],
    [250, 300],
  ])('called after %i ms resolves %i ms after the creation', async (calledMs, resolvedMs) => {
    expect(await resolvedAfter(calledMs)).toBe(resolvedMs);
  });

  it('resolves at the disposal, and leaves no timer behind', async () => {
    const ticks = new Ticks(100);
    const waiting = ticks.next();

    ticks[Symbol.dispose]();

    await waiting;
    await ticks.next();
    expect(jest.getTimerCount()).toBe(0);
  });
});
