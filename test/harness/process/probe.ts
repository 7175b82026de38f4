import { setTimeout as delay } from 'node:timers/promises';

const intervalMs = 5;

/** Requests a URL every few milliseconds. */
export function probe(url: string): { slowestMs: () => Promise<number> } & AsyncDisposable {
  const stopped = new AbortController();
  let slowest = 0;
  const running = (async () => {
    while (!stopped.signal.aborted) {
      const startedAt = performance.now();
      const response = await fetch(url);
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`${url} responded with ${response.status}`);
      slowest = Math.max(slowest, performance.now() - startedAt);
      await delay(intervalMs);
    }
  })();
  const stop = async (): Promise<void> => {
    stopped.abort();
    await running;
  };
  return {
    slowestMs: async () => {
      await stop();
      return slowest;
    },
    [Symbol.asyncDispose]: stop,
  };
}
