import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeyedMutex } from './keyed-mutex.ts';

describe('KeyedMutex', () => {
  it('runs calls of one name one after the other, also after one that failed', async () => {
    const mutex = new KeyedMutex();
    const seen: string[] = [];
    const work = (name: string) => async () => {
      seen.push(`${name} begins`);
      await sleep(5);
      seen.push(`${name} ends`);
      if (name === 'a') throw new Error(name);
      return name;
    };

    const results = await Promise.allSettled(['a', 'b', 'c'].map(async (name) => await mutex.run('one', work(name))));

    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('runs calls of other names concurrently', async () => {
    const mutex = new KeyedMutex();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const running = mutex.run('one', async () => {
      await promise;
    });

    expect(await mutex.run('two', async () => await Promise.resolve('passed'))).toBe('passed');
    expect(['one', 'two'].map((name) => mutex.queueLength(name))).toEqual([1, 0]);
    resolve(undefined);
    await running;
    expect(mutex.queueLength('one')).toBe(0);
  });
});
