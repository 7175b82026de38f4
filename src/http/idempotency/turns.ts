/** Lets calls of one name run one after the other in this process, in the order in which they came. */
export class Turns {
  private readonly last = new Map<string, Promise<unknown>>();

  /** Runs `work` when all earlier calls of this name have ended, however they did. */
  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const mine = behind(this.last.get(name), work);
    this.last.set(name, mine);
    try {
      return await mine;
    } finally {
      if (this.last.get(name) === mine) this.last.delete(name);
    }
  }
}

async function behind<T>(before: Promise<unknown> | undefined, work: () => Promise<T>): Promise<T> {
  // Its failure is told to whoever asked for it.
  await before?.catch(() => undefined);
  return await work();
}
