interface Periods {
  /** When the first one begins, as `performance.now()` returns it. */
  readonly start: number;
  readonly periodMs: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

/**
 * Resolves when the current one of consecutive periods ends, within microseconds on an idle machine. A timer alone ends a
 * fraction of a millisecond later that depends on when it was set: the event loop waits for whole milliseconds. It is set
 * to end up to three milliseconds early, and turns of the event loop, between which other work runs, are the rest.
 */
export async function endOfPeriod({ start, periodMs, signal }: Periods): Promise<void> {
  const end = start + (Math.floor((performance.now() - start) / periodMs) + 1) * periodMs;
  const wholeMs = Math.trunc(end - performance.now() - 1);
  if (wholeMs >= 1) await timeout(wholeMs, signal);
  while (performance.now() < end && signal?.aborted !== true) await nextTurn();
}

async function timeout(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const finish = (): void => {
    clearTimeout(timer);
    resolve(undefined);
  };
  const timer = setTimeout(finish, ms);
  signal?.addEventListener('abort', finish, { once: true });
  await promise;
}

async function nextTurn(): Promise<void> {
  await new Promise(setImmediate);
}
