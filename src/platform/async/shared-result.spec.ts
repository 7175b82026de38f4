import { describe, expect, it } from '@jest/globals';
import { SharedResult } from './shared-result.ts';

/** A computation that counts its calls, and fails the first time if `failsFirst`. */
function counting(failsFirst = false): () => Promise<number> {
  let count = 0;
  return async () => {
    count += 1;
    if (failsFirst && count === 1) throw new Error('unavailable');
    return await Promise.resolve(count);
  };
}

describe('SharedResult', () => {
  it('computes once for concurrent callers, whatever the lifetime', async () => {
    const shared = new SharedResult(0, counting());

    expect(await Promise.all([shared.get(), shared.get(), shared.get()])).toEqual([1, 1, 1]);
  });

  it('returns the value during its lifetime', async () => {
    const shared = new SharedResult(Infinity, counting());

    expect([await shared.get(), await shared.get()]).toEqual([1, 1]);
  });

  it('computes again after it', async () => {
    const shared = new SharedResult(-1, counting());

    expect([await shared.get(), await shared.get()]).toEqual([1, 2]);
  });

  it('shares a failure with the callers that wait for it, and computes again for the next', async () => {
    const shared = new SharedResult(Infinity, counting(true));

    const both = await Promise.allSettled([shared.get(), shared.get()]);

    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await shared.get()).toBe(2);
  });
});
