/**
 * Runs calls of one name one after the other in this process, in the order of arrival. Callers that would lock the same
 * rows wait here without holding a database connection.
 */
export class KeyedMutex {
  private readonly tails = new Map<string, Promise<unknown>>();
  private readonly counts = new Map<string, number>();

  /** Number of calls of this name that run or wait. */
  queueLength(name: string): number {
    return this.counts.get(name) ?? 0;
  }

  /** Runs `work` when all earlier calls of this name have ended, successfully or not. */
  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const current = runAfter(this.tails.get(name), work);
    this.tails.set(name, current);
    this.counts.set(name, this.queueLength(name) + 1);
    try {
      return await current;
    } finally {
      if (this.tails.get(name) === current) this.tails.delete(name);
      if (this.queueLength(name) === 1) this.counts.delete(name);
      else this.counts.set(name, this.queueLength(name) - 1);
    }
  }
}

async function runAfter<T>(previous: Promise<unknown> | undefined, work: () => Promise<T>): Promise<T> {
  // Its failure is reported to its own caller.
  await previous?.catch(() => undefined);
  return await work();
}
