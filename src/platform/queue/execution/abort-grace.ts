/** A handler whose signal has fired gets this long to stop; afterwards its attempt ends without it. */
const abortGraceMs = 2000;

/**
 * Runs work until it ends, or until `signal` has fired and the grace period is over.
 * @throws the signal's reason, when it has fired before or the grace period is over
 */
export async function withAbortGrace<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const graceOver = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const startGrace = (): void => {
    timer = setTimeout(() => {
      graceOver.reject(signal.reason);
    }, abortGraceMs);
  };
  signal.addEventListener('abort', startGrace);
  try {
    return await Promise.race([work(), graceOver.promise]);
  } finally {
    signal.removeEventListener('abort', startGrace);
    clearTimeout(timer);
  }
}
