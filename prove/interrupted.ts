/** Rejects when the process is told to end, so that whoever started others can end them first. */
export function interrupted(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        reject(new Error(`stopped by ${signal}`));
      });
    }
  });
}
