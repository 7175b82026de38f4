const baseMs = 1000;
const capMs = 10 * 60 * 1000;

/**
 * How long to wait before the next attempt: full jitter, a random time up to 1, 2, 4 … seconds, at most 10 minutes.
 * @param attempt how many attempts have failed, from 1
 * @param random from 0 to 1
 */
export function backoffMs(attempt: number, random: number = Math.random()): number {
  return Math.round(random * Math.min(capMs, baseMs * 2 ** (attempt - 1)));
}
