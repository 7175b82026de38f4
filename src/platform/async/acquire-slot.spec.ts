import { describe, expect, it } from '@jest/globals';
import pLimit from 'p-limit';
import { acquireSlot } from './acquire-slot.ts';

describe('acquireSlot', () => {
  it('grants the slots of the limiter in the order of the calls', async () => {
    const limit = pLimit(1);
    const granted: number[] = [];
    const first = await acquireSlot(limit);
    const others = [1, 2].map(async (number) => {
      using _slot = await acquireSlot(limit);
      granted.push(number);
    });

    expect([limit.activeCount, limit.pendingCount]).toEqual([1, 2]);
    expect(granted).toEqual([]);
    first[Symbol.dispose]();
    await Promise.all(others);

    expect(granted).toEqual([1, 2]);
    await expect(limit(async () => await Promise.resolve('free'))).resolves.toBe('free');
  });
});
