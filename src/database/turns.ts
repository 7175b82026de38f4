/**
 * Lets calls of one name run one after the other in this process, in the order in which they came: those who would ask
 * the database for the same rows wait here, where that costs nothing.
 */
export class Turns {
  private readonly last = new Map<string, Promise<unknown>>();
  private readonly lengths = new Map<string, number>();

  /** How many calls of this name run or wait. */
  length(name: string): number {
    return this.lengths.get(name) ?? 0;
  }

  /** Runs `work` when all earlier calls of this name have ended, however they did. */
  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const mine = behind(this.last.get(name), work);
    this.last.set(name, mine);
    this.lengths.set(name, this.length(name) + 1);
    try {
      return await mine;
    } finally {
      if (this.last.get(name) === mine) this.last.delete(name);
      if (this.length(name) === 1) this.lengths.delete(name);
      else this.lengths.set(name, this.length(name) - 1);
    }
  }
}

async function behind<T>(before: Promise<unknown> | undefined, work: () => Promise<T>): Promise<T> {
  // Its failure is told to whoever asked for it.
  await before?.catch(() => undefined);
  return await work();
}
