/** Rejects when the process gets a signal to end, so that it can first end the processes that it started. */
export function interrupted(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        reject(new Error(`stopped by ${signal}`));
      });
    }
  });
}
