/**
 * Points in time at the multiples of a period after the creation. They are determined by the creation alone, whatever
 * happens in between; a timer that is set for the rest of a period would end at a fraction of a millisecond that depends
 * on when it was set.
 */
export class Ticks implements Disposable {
  private readonly timer: NodeJS.Timeout;
  private following = Promise.withResolvers<undefined>();

  constructor(periodMs: number) {
    this.timer = setInterval(() => {
      this.following.resolve(undefined);
      this.following = Promise.withResolvers();
    }, periodMs);
  }

  /** Resolves at the next point, or at the disposal. */
  async next(): Promise<void> {
    await this.following.promise;
  }

  [Symbol.dispose](): void {
    clearInterval(this.timer);
    this.following.resolve(undefined);
  }
}
