interface Entry<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Runs work on items, one batch at a time: those that are added during one batch share the next one. */
export class Batches<Item, Result> {
  private waiting: Entry<Item, Result>[] = [];
  private isRunning = false;

  /**
   * @param work returns the results in the order of the items; when it rejects, so do all of the batch
   * @param maxItems the largest batch
   */
  constructor(
    private readonly work: (items: readonly Item[]) => Promise<readonly Result[]>,
    private readonly maxItems: number,
  ) {}

  /** Adds an item, and returns its result. */
  async add(item: Item): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.waiting.push({ item, resolve, reject });
    if (!this.isRunning) void this.runAll();
    return await promise;
  }

  private async runAll(): Promise<void> {
    this.isRunning = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, this.maxItems);
      try {
        const results = await this.work(batch.map(({ item }) => item));
        for (const [at, { resolve }] of batch.entries()) resolve(results[at] as Result);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.isRunning = false;
  }
}
