const units = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

/** A number of seconds by its two largest units: `3 d 4 h`, `42 s`. */
export function durationText(seconds: number): string {
  const largest = units.findIndex(([, size]) => seconds >= size);
  let rest = Math.max(0, Math.floor(seconds));
  const parts = units.slice(largest === -1 ? -1 : largest).map(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return `${count} ${unit}`;
  });
  return parts.slice(0, 2).join(' ');
}
