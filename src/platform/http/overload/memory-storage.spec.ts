import { describe, expect, it, jest } from '@jest/globals';
import { MemoryThrottlerStorage } from './memory-storage.ts';

describe('MemoryThrottlerStorage', () => {
  it('counts each key separately and blocks beyond the limit', async () => {
    const storage = new MemoryThrottlerStorage();

    const first = await storage.increment('a', 60_000, 2);
    await storage.increment('a', 60_000, 2);
    const third = await storage.increment('a', 60_000, 2);
    const other = await storage.increment('b', 60_000, 2);

    expect(first).toEqual({ totalHits: 1, timeToExpire: 60, isBlocked: false, timeToBlockExpire: 0 });
    expect(third).toEqual({ totalHits: 3, timeToExpire: 60, isBlocked: true, timeToBlockExpire: 60 });
    expect(other).toMatchObject({ totalHits: 1, isBlocked: false });
  });

  it('never returns more seconds than the window has', async () => {
    const storage = new MemoryThrottlerStorage();
    // (this + 30 s) - this is slightly more than 30 s in floating point.
    const clock = jest.spyOn(performance, 'now').mockReturnValue(5226.15854);

    const { timeToExpire } = await storage.increment('a', 30_000, 2);
    clock.mockRestore();

    expect(timeToExpire).toBe(30);
  });

  it('starts a new window after the last one ended', async () => {
    const storage = new MemoryThrottlerStorage();
    await storage.increment('a', 0, 1);

    expect(await storage.increment('a', 60_000, 1)).toMatchObject({ totalHits: 1, isBlocked: false });
  });

  it('stores at most 100,000 keys and evicts the oldest', async () => {
    const storage = new MemoryThrottlerStorage();
    for (let caller = 0; caller <= 100_000; caller += 1) await storage.increment(`caller ${caller}`, 60_000, 10);

    expect(await storage.increment('caller 100000', 60_000, 10)).toMatchObject({ totalHits: 2 });
    expect(await storage.increment('caller 0', 60_000, 10)).toMatchObject({ totalHits: 1 });
  });
});
