import { CronExpressionParser } from 'cron-parser';
import { TimeZoneClock } from './time-zone-clock.ts';

/** The times of a schedule. */
export interface CronTimes {
  /** Minute, hour, day of month, month, day of week. */
  readonly cron: string;
  /** IANA name. */
  readonly timezone: string;
}

/** An invalid member of CronTimes. */
export interface CronError {
  readonly member: keyof CronTimes;
  readonly code: string;
  readonly detail: string;
}

/** The occurrences before and after a moment. */
export interface Occurrences {
  /** The last one, not later than the moment. */
  readonly latest: Date;
  /** The first one after the moment. */
  readonly next: Date;
}

/** 29 February occurs at least every eight years. */
const maxIntervalMs = 9 * 366 * 24 * 60 * 60 * 1000;

/** Returns all errors of these times. */
export function cronErrors({ cron, timezone }: CronTimes): readonly CronError[] {
  const isKnownZone = isTimeZone(timezone);
  const error = cronError(cron, isKnownZone ? timezone : 'UTC');
  return [
    ...(error === undefined ? [] : [error]),
    ...(isKnownZone
      ? []
      : [{ member: 'timezone', code: 'is_time_zone', detail: 'must be the name of a time zone (IANA)' }]),
  ] as readonly CronError[];
}

/**
 * Returns the occurrences around a moment. At a change to or from daylight saving time, a fixed hour that is skipped
 * occurs later by the size of the change, and one that is repeated occurs only the first time; an hour given by `*`
 * occurs whenever local time has it. The result depends on the moment alone.
 * @throws Error when `cronErrors` returns one
 */
export function occurrencesAround({ cron, timezone }: CronTimes, moment: Date): Occurrences {
  const clock = new TimeZoneClock(timezone);
  const everyHour = CronExpressionParser.parse(cron, { tz: 'UTC' }).fields.hour.values.length === 24;
  const momentsOf = (local: number): number[] => {
    const moments = clock.moments(local);
    if (everyHour) return moments;
    return moments.length === 0 ? [clock.withoutDstShift(local)] : moments.slice(0, 1);
  };
  const search = { cron, clock, momentsOf, moment: moment.getTime() };
  return { latest: new Date(nearestOccurrence(search, 'prev')), next: new Date(nearestOccurrence(search, 'next')) };
}

/**
 * Returns the next occurrences after a moment, in order, as the scheduler will compute them.
 * @throws Error when `cronErrors` returns one
 */
export function nextOccurrences(times: CronTimes, moment: Date, count: number): readonly Date[] {
  const occurrences: Date[] = [];
  for (let after = moment; occurrences.length < count;) {
    after = occurrencesAround(times, after).next;
    occurrences.push(after);
  }
  return occurrences;
}

interface Search {
  readonly cron: string;
  readonly clock: TimeZoneClock;
  readonly momentsOf: (local: number) => readonly number[];
  readonly moment: number;
}

/**
 * Returns the occurrence next to a moment: the latest that is not later, or the first that is. cron-parser iterates
 * over local times as if they were UTC, because its own support of time zones misses occurrences where the offset
 * changes. Near such a change a later local time may be an earlier moment, so the search continues for the size of the
 * change.
 */
function nearestOccurrence({ cron, clock, momentsOf, moment }: Search, direction: 'prev' | 'next'): number {
  const sign = direction === 'next' ? 1 : -1;
  const isCandidate = (occurrence: number): boolean =>
    direction === 'next' ? occurrence > moment : occurrence <= moment;
  const local = clock.at(moment);
  // Whole seconds, as cron-parser has them, and beyond the local time of the moment.
  const begin = Math.floor((local - sign * clock.shift(local)) / 1000) * 1000 + (direction === 'next' ? 0 : 1000);
  const iterator = CronExpressionParser.parse(cron, { currentDate: new Date(begin), tz: 'UTC' });
  let nearest: number | undefined;
  for (let end = Infinity; ;) {
    const at = iterator[direction]().getTime();
    if (Math.abs(at - local) > maxIntervalMs) throw new Error('The expression has no occurrence within nine years');
    if (nearest !== undefined && sign * at > end) return nearest;
    for (const occurrence of momentsOf(at).filter(isCandidate)) {
      if (nearest === undefined) end = sign * at + clock.shift(at);
      if (nearest === undefined || sign * occurrence < sign * nearest) nearest = occurrence;
    }
  }
}

function cronError(cron: string, timezone: string): CronError | undefined {
  const fields = cron.trim().split(/\s+/);
  if (fields.length === 6 || cron.trim() === '@secondly') {
    return {
      member: 'cron',
      code: 'too_often',
      detail: 'must not have a field of seconds: the limit is once a minute',
    };
  }
  // cron-parser replaces H by a random number each time.
  const isRandom = fields.some((field) => /\bH/i.test(field));
  if (fields.length === 5 && !isRandom && hasOccurrence({ cron, timezone })) return undefined;
  return {
    member: 'cron',
    code: 'is_cron',
    detail: 'must be five fields that match a date: minute, hour, day of month, month, day of week',
  };
}

function hasOccurrence(times: CronTimes): boolean {
  try {
    occurrencesAround(times, new Date());
    return true;
  } catch {
    return false;
  }
}

function isTimeZone(name: string): boolean {
  // Intl also accepts offsets such as +02:00, which have no daylight saving time.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format() !== '';
  } catch {
    return false;
  }
}
