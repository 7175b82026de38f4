import type { LocatedError } from '../../platform/validation/error-pointers.ts';

/** Clocks differ and requests take time: up to this far in the past means now. */
const maxPastMs = 60_000;
const maxFutureMs = 366 * 24 * 3600 * 1000;

/** Returns the errors of a job's `runAt`; absent means now. */
export function runAtErrors(runAt: string | undefined, now: number = Date.now()): LocatedError[] {
  if (runAt === undefined) return [];
  const aheadMs = Date.parse(runAt) - now;
  const error = (code: string, detail: string): LocatedError[] => [{ path: ['runAt'], code, detail }];
  // RFC 3339 allows second 60; JavaScript does not.
  if (Number.isNaN(aheadMs)) return error('is_rfc3339', 'must not be a leap second');
  if (aheadMs < -maxPastMs) return error('is_past', 'must not lie in the past');
  return aheadMs > maxFutureMs ? error('too_far', 'must lie within a year from now') : [];
}
