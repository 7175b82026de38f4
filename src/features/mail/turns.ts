import { setTimeout as delay } from 'node:timers/promises';

/** Turns are few and the holders of all of them are slow. */
export class NoTurn extends Error {}

/** A turn that lasts longer than this makes the ones behind it give up. */
const slowAfterMs = 1000;
const lookEveryMs = 20;

/**
 * Lets a few at a time do something that may stall. While it is quick the others wait for their turn; once it has become
 * slow they are turned away, so that waiting never takes up the slots in which other work could be done.
 */
export class Turns {
  private readonly begun = new Map<symbol, number>();

  constructor(private readonly most: number) {}

  /** @throws NoTurn, or what `signal` was aborted with */
  async take<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    while (this.begun.size >= this.most) {
      signal.throwIfAborted();
      if (performance.now() - Math.min(...this.begun.values()) > slowAfterMs) throw new NoTurn();
      await delay(lookEveryMs);
    }
    const turn = Symbol('turn');
    this.begun.set(turn, performance.now());
    try {
      return await work();
    } finally {
      this.begun.delete(turn);
    }
  }
}
