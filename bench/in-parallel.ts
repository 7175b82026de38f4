/** Does `count` pieces of work, `concurrency` of them at a time. */
export async function inParallel(
  count: number,
  concurrency: number,
  work: (at: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < count; at = next++) await work(at);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}
