import { beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { Dependencies } from './dependencies.ts';
import type { Dependency } from './dependency.ts';
import { DependencyUnavailable } from './dependency.ts';

const halfOpenAfterMs = 200;

describe('A dependency', () => {
  let dependencies: Dependencies;
  let dependency: Dependency;
  let calls: number;

  beforeEach(() => {
    calls = 0;
    dependencies = new Dependencies();
    dependency = dependencies.add('smtp', {
      label: 'one of several',
      isFailure: (error) => error instanceof TypeError,
      isFailedResult: (result) => result === 503,
      opensAfter: 3,
      halfOpenAfterMs,
      retries: 2,
    });
  });

  async function call(outcome: unknown, isIdempotent = false, signal?: AbortSignal): Promise<unknown> {
    const work = async (): Promise<unknown> => {
      calls += 1;
      if (outcome instanceof Error) throw outcome;
      return await Promise.resolve(outcome);
    };
    return await dependency.call(work, { isIdempotent, signal });
  }

  it('is called again after a failure when the call is idempotent', async () => {
    await expect(call(new TypeError('no connection'), true)).rejects.toThrow('no connection');

    expect(calls).toBe(3);
  });

  it('returns the last failed result', async () => {
    expect(await call(503, true)).toBe(503);
    expect(calls).toBe(3);
  });

  it('is called once when the call is not idempotent, and when its signal has fired', async () => {
    await expect(call(new TypeError('no connection'))).rejects.toThrow('no connection');
    await expect(call(new TypeError('no connection'), true, AbortSignal.abort())).rejects.toThrow('no connection');

    expect(calls).toBe(2);
  });

  it('is not called after failures in a row, until one call has succeeded', async () => {
    for (let n = 0; n < 3; n += 1) await expect(call(new TypeError('no connection'))).rejects.toThrow('no connection');
    await expect(call('unused')).rejects.toThrow(DependencyUnavailable);
    await expect(call('unused', true)).rejects.toThrow(DependencyUnavailable);
    expect([calls, dependencies.unavailable]).toEqual([3, ['smtp']]);

    await delay(halfOpenAfterMs + 50);
    expect(await call('success')).toBe('success');

    expect(dependencies.unavailable).toEqual([]);
  });

  it('is available although it rejects calls', async () => {
    for (let n = 0; n < 4; n += 1) await expect(call(new Error('rejected'), true)).rejects.toThrow('rejected');

    expect([calls, dependencies.unavailable]).toEqual([4, []]);
  });
});
