import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { SemaphoreFull, Semaphore } from './semaphore.ts';

const { signal } = new AbortController();

describe('Semaphore', () => {
  it('runs all calls with limited concurrency while they are fast', async () => {
    const semaphore = new Semaphore(2);
    let running = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, (running += 1));
      await delay(5);
      running -= 1;
    };

    await Promise.all(
      Array.from({ length: 9 }, async () => {
        await semaphore.run(work, signal);
      }),
    );

    expect(most).toBe(2);
  });

  it('rejects further calls while the running ones are slow, and accepts them again after that', async () => {
    const semaphore = new Semaphore(1);
    const slow = semaphore.run(async () => {
      await delay(1300);
    }, signal);

    await expect(
      semaphore.run(async () => {
        await delay(0);
      }, signal),
    ).rejects.toThrow(SemaphoreFull);

    await slow;
    await expect(semaphore.run(async () => await delay(0, 'done'), signal)).resolves.toBe('done');
  });

  it('stops waiting when the signal is aborted', async () => {
    const semaphore = new Semaphore(1);
    const controller = new AbortController();
    const first = semaphore.run(async () => {
      await delay(100);
    }, signal);
    const second = semaphore.run(async () => {
      await delay(0);
    }, controller.signal);
    controller.abort(new Error('aborted'));

    await expect(second).rejects.toThrow('aborted');
    await first;
  });
});
