const maxMs = 10 * 60 * 1000;

/**
 * Pause before the next attempt: exponential backoff with full jitter, which is a random part of the whole pause.
 *
 * @param failedAttempts from 1
 * @param baseMs longest pause after the first failed attempt; doubled with each further one, up to 10 minutes
 * @param random 0 to 1
 */
export function backoffMs(failedAttempts: number, baseMs: number, random: number = Math.random()): number {
  return Math.round(random * Math.min(maxMs, baseMs * 2 ** (failedAttempts - 1)));
}
