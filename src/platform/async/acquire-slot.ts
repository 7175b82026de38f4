import type { LimitFunction } from 'p-limit';

/**
 * Waits for a slot of a limiter, in the order of the calls, and returns it to the caller, who disposes of it once:
 * `using slot = await acquireSlot(limit)`.
 */
export async function acquireSlot(limit: LimitFunction): Promise<Disposable> {
  const acquired = Promise.withResolvers<undefined>();
  const released = Promise.withResolvers<undefined>();
  void limit(async () => {
    acquired.resolve(undefined);
    await released.promise;
  });
  await acquired.promise;
  return {
    [Symbol.dispose]: () => {
      released.resolve(undefined);
    },
  };
}
