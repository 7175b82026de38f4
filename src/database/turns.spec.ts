import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { Turns } from './turns.ts';

describe('Turns', () => {
  it('runs calls of one name one after the other, also behind one that failed', async () => {
    const turns = new Turns();
    const seen: string[] = [];
    const work = (name: string) => async () => {
      seen.push(`${name} begins`);
      await sleep(5);
      seen.push(`${name} ends`);
      if (name === 'a') throw new Error(name);
      return name;
    };

    const results = await Promise.allSettled(['a', 'b', 'c'].map(async (name) => await turns.take('one', work(name))));

    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('lets other names pass', async () => {
    const turns = new Turns();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const held = turns.take('one', async () => {
      await promise;
    });

    expect(await turns.take('two', async () => await Promise.resolve('passed'))).toBe('passed');
    expect(['one', 'two'].map((name) => turns.length(name))).toEqual([1, 0]);
    resolve(undefined);
    await held;
    expect(turns.length('one')).toBe(0);
  });
});
