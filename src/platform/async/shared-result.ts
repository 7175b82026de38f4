/**
 * A computed value that is shared by all callers while it is computed, and for a time afterwards. A failure is shared
 * by the callers that wait for it, and then computed again.
 */
export class SharedResult<T> {
  private latest: { readonly value: Promise<T>; until: number } | undefined;

  /** @param lifetimeMs how long a value is returned, after it was computed */
  constructor(
    private readonly lifetimeMs: number,
    private readonly compute: () => Promise<T>,
  ) {}

  /** @throws what `compute` throws */
  async get(): Promise<T> {
    if (this.latest === undefined || performance.now() > this.latest.until) this.latest = this.start();
    return await this.latest.value;
  }

  private start(): { readonly value: Promise<T>; until: number } {
    const started = { value: this.compute(), until: Infinity };
    started.value.then(
      () => {
        started.until = performance.now() + this.lifetimeMs;
      },
      () => {
        started.until = -Infinity;
      },
    );
    return started;
  }
}
