/** A handler that was told to stop gets this long to do so; then its attempt is given up. */
const stopGraceMs = 2000;

/** Runs work until it ends, or until it was told to stop and did not. */
export async function untilStopped<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const givenUp = Promise.withResolvers<never>();
  let patience: NodeJS.Timeout | undefined;
  const told = (): void => {
    patience = setTimeout(() => {
      givenUp.reject(signal.reason);
    }, stopGraceMs);
  };
  signal.addEventListener('abort', told);
  try {
    return await Promise.race([work(), givenUp.promise]);
  } finally {
    signal.removeEventListener('abort', told);
    clearTimeout(patience);
  }
}
