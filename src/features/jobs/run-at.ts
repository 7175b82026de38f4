import type { LocatedError } from '../../validation/located-errors.ts';

/** Clocks differ, and requests take their time: so far in the past still means now. */
const pastMaxMs = 60_000;
const futureMaxMs = 366 * 24 * 3600 * 1000;

/** What is wrong with the time at which a job shall run; absent is at once. */
export function runAtMistakes(runAt: string | undefined, now: number = Date.now()): LocatedError[] {
  if (runAt === undefined) return [];
  const aheadMs = Date.parse(runAt) - now;
  const mistake = (code: string, detail: string): LocatedError[] => [{ path: ['runAt'], code, detail }];
  // RFC 3339 knows a second 60, JavaScript does not.
  if (Number.isNaN(aheadMs)) return mistake('is_rfc3339', 'must be a time that clocks show');
  if (aheadMs < -pastMaxMs) return mistake('is_past', 'must not lie in the past');
  return aheadMs > futureMaxMs ? mistake('too_far', 'must lie within a year from now') : [];
}
