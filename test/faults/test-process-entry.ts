/** Reports to the parent that the process is ready, and ends it on SIGTERM and with its parent. */
export function runTestProcess(facts: { readonly url: string }, close: () => Promise<void>): void {
  process.once('disconnect', () => process.exit(0));
  process.once('SIGTERM', () => {
    void close().then(() => process.exit(0));
  });
  process.send?.(facts);
}
