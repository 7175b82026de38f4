/** The requests and jobs that wait for a connection of the main pool. */
export class PoolWaits {
  /** When each wait began, the oldest first. */
  private readonly waits = new Map<symbol, number>();

  /** How long the one that waits longest has waited, in milliseconds; 0 when none waits. */
  get longestMs(): number {
    const [since] = this.waits.values();
    return since === undefined ? 0 : performance.now() - since;
  }

  /** Begins a wait; the returned function ends it. */
  begin(): () => void {
    const wait = Symbol('wait');
    this.waits.set(wait, performance.now());
    return () => {
      this.waits.delete(wait);
    };
  }
}
