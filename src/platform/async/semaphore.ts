import { setTimeout as delay } from 'node:timers/promises';

/** All slots are used, and the oldest call has been running for more than 1 s. */
export class SemaphoreFull extends Error {}

/** A call that runs longer than this makes waiting calls fail. */
const slowAfterMs = 1000;
const pollIntervalMs = 20;

/**
 * Limits the concurrency of work that may stall. While it is fast, further calls wait; when it is slow, they fail, so
 * that waiting does not occupy slots of other work (workers, connections).
 */
export class Semaphore {
  private readonly startTimes = new Map<symbol, number>();

  constructor(private readonly capacity: number) {}

  /** @throws SemaphoreFull, or the reason of `signal` */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    while (this.startTimes.size >= this.capacity) {
      signal.throwIfAborted();
      if (performance.now() - Math.min(...this.startTimes.values()) > slowAfterMs) throw new SemaphoreFull();
      await delay(pollIntervalMs);
    }
    const slot = Symbol('slot');
    this.startTimes.set(slot, performance.now());
    try {
      return await work();
    } finally {
      this.startTimes.delete(slot);
    }
  }
}
