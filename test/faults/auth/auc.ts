/**
 * The area under the ROC curve of two samples (Mann–Whitney): the share of pairs in which the value of the first sample
 * is larger, equal ones counting half. At 0.5 the samples cannot be distinguished, at 0 and 1 they always can.
 */
export function auc(first: readonly number[], second: readonly number[]): number {
  let wins = 0;
  for (const one of first) for (const other of second) wins += one > other ? 1 : one === other ? 0.5 : 0;
  return wins / (first.length * second.length);
}
