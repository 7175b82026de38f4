import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { NoTurn, Turns } from './turns.ts';

const { signal } = new AbortController();

describe('Turns', () => {
  it('lets everybody through, a few at a time, while they are quick', async () => {
    const turns = new Turns(2);
    let now = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, (now += 1));
      await delay(5);
      now -= 1;
    };

    await Promise.all(
      Array.from({ length: 9 }, async () => {
        await turns.take(work, signal);
      }),
    );

    expect(most).toBe(2);
  });

  it('turns others away once its holders are slow, and takes them again behind that', async () => {
    const turns = new Turns(1);
    const slow = turns.take(async () => {
      await delay(1300);
    }, signal);

    await expect(
      turns.take(async () => {
        await delay(0);
      }, signal),
    ).rejects.toThrow(NoTurn);

    await slow;
    await expect(turns.take(async () => await delay(0, 'done'), signal)).resolves.toBe('done');
  });

  it('is left by whoever is told to stop', async () => {
    const turns = new Turns(1);
    const controller = new AbortController();
    const first = turns.take(async () => {
      await delay(100);
    }, signal);
    const second = turns.take(async () => {
      await delay(0);
    }, controller.signal);
    controller.abort(new Error('told to stop'));

    await expect(second).rejects.toThrow('told to stop');
    await first;
  });
});
