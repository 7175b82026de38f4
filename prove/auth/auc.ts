/**
 * The area under the ROC curve of telling two samples apart by their size (Mann–Whitney): how often one of the first is
 * larger than one of the second, equal ones counting half. 0.5 is a coin, 0 and 1 are certainty.
 */
export function auc(first: readonly number[], second: readonly number[]): number {
  let wins = 0;
  for (const one of first) for (const other of second) wins += one > other ? 1 : one === other ? 0.5 : 0;
  return wins / (first.length * second.length);
}
