import { describe, expect, it } from '@jest/globals';
import { CoalescedRun } from './coalesced-run.ts';

describe('CoalescedRun', () => {
  it('runs once more for all requests during a run', async () => {
    const runs: boolean[] = [];
    const run = new CoalescedRun(async (isRepeated) => {
      runs.push(isRepeated);
      if (runs.length === 1) {
        run.request();
        run.request();
      }
      await Promise.resolve();
    });

    run.request();
    run.request();
    await run.settled();
    expect(runs).toEqual([false, true]);

    run.request();
    await run.settled();
    expect(runs).toEqual([false, true, false]);
  });
});
