/** The value that this share of all values does not exceed. */
export function percentile(all: readonly number[], share: number): number {
  const sorted = all.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}

export function median(all: readonly number[]): number {
  return percentile(all, 0.5);
}

/** Two digits: a shared machine is less exact. */
export function ratio(a: number, b: number): number {
  return Number((a / b).toFixed(2));
}
