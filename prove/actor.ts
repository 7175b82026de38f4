/** What every process of a scenario does beside its work: says when it is ready, ends when told to, and ends with its parent. */
export function act(facts: { readonly url: string }, close: () => Promise<void>): void {
  process.once('disconnect', () => process.exit(0));
  process.once('SIGTERM', () => {
    void close().then(() => process.exit(0));
  });
  process.send?.(facts);
}
