import { CronExpressionParser } from 'cron-parser';
import { WallClock } from './wall-clock.ts';

/** When a schedule ticks. */
export interface CronTimes {
  /** Minute, hour, day of month, month, day of week. */
  readonly cron: string;
  /** IANA name. */
  readonly timezone: string;
}

/** What is wrong with one half of it. */
export interface CronMistake {
  readonly member: keyof CronTimes;
  readonly code: string;
  readonly detail: string;
}

/** The ticks on both sides of a moment. */
export interface Ticks {
  /** The last one that is not later than the moment. */
  readonly latest: Date;
  /** The first one that is later. */
  readonly next: Date;
}

/** Between two leap years there are at most eight years. */
const rarestMs = 9 * 366 * 24 * 60 * 60 * 1000;

/** Everything that is wrong with these times; empty when they can be used. */
export function cronMistakes({ cron, timezone }: CronTimes): readonly CronMistake[] {
  const known = isTimeZone(timezone);
  const mistake = cronMistake(cron, known ? timezone : 'UTC');
  return [
    ...(mistake === undefined ? [] : [mistake]),
    ...(known ? [] : [{ member: 'timezone', code: 'is_time_zone', detail: 'must be the name of a time zone (IANA)' }]),
  ] as readonly CronMistake[];
}

/**
 * The ticks around a moment. A fixed hour that the clocks skip ticks as much later by the wall as they skip, one that
 * they repeat ticks the first time only; an hour given by `*` ticks whenever the clock shows it. The answer depends on
 * the moment alone: whoever asks during a repeated hour gets what everybody else gets.
 * @throws Error when `cronMistakes` finds one
 */
export function ticksAround({ cron, timezone }: CronTimes, moment: Date): Ticks {
  const clock = new WallClock(timezone);
  const everyHour = CronExpressionParser.parse(cron, { tz: 'UTC' }).fields.hour.values.length === 24;
  const momentsOf = (wall: number): number[] => {
    const moments = clock.moments(wall);
    if (everyHour) return moments;
    return moments.length === 0 ? [clock.unshifted(wall)] : moments.slice(0, 1);
  };
  const search = { cron, clock, momentsOf, moment: moment.getTime() };
  return { latest: new Date(nearestTick(search, 'prev')), next: new Date(nearestTick(search, 'next')) };
}

interface Search {
  readonly cron: string;
  readonly clock: WallClock;
  readonly momentsOf: (wall: number) => readonly number[];
  readonly moment: number;
}

/**
 * The tick next to a moment: the latest that is not later, or the first that is. The library walks the wall, as if it
 * were UTC's; in a zone whose clocks move it loses its way. Where they move, times further along the wall may be nearer,
 * so it walks on that far.
 */
function nearestTick({ cron, clock, momentsOf, moment }: Search, direction: 'prev' | 'next'): number {
  const sign = direction === 'next' ? 1 : -1;
  const isBehind = (tick: number): boolean => (direction === 'next' ? tick > moment : tick <= moment);
  const wall = clock.at(moment);
  // Whole seconds: the library's own, and past the time that the clock shows.
  const begin = Math.floor((wall - sign * clock.shift(wall)) / 1000) * 1000 + (direction === 'next' ? 0 : 1000);
  const walk = CronExpressionParser.parse(cron, { currentDate: new Date(begin), tz: 'UTC' });
  let nearest: number | undefined;
  for (let end = Infinity; ;) {
    const at = walk[direction]().getTime();
    if (Math.abs(at - wall) > rarestMs) throw new Error('The expression matches no day of nine years');
    if (nearest !== undefined && sign * at > end) return nearest;
    for (const tick of momentsOf(at).filter(isBehind)) {
      if (nearest === undefined) end = sign * at + clock.shift(at);
      if (nearest === undefined || sign * tick < sign * nearest) nearest = tick;
    }
  }
}

function cronMistake(cron: string, timezone: string): CronMistake | undefined {
  const fields = cron.trim().split(/\s+/);
  if (fields.length === 6 || cron.trim() === '@secondly') {
    return { member: 'cron', code: 'too_often', detail: 'must have no field of seconds: once a minute is the limit' };
  }
  // H stands for a number that is drawn anew with every reading.
  const drawn = fields.some((field) => /\bH/i.test(field));
  if (fields.length === 5 && !drawn && canTick({ cron, timezone })) return undefined;
  return {
    member: 'cron',
    code: 'is_cron',
    detail: 'must be five fields that some day match: minute, hour, day of month, month, day of week',
  };
}

function canTick(times: CronTimes): boolean {
  try {
    ticksAround(times, new Date());
    return true;
  } catch {
    return false;
  }
}

function isTimeZone(name: string): boolean {
  // Offsets such as +02:00 would be taken as well, and know no daylight saving time.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format() !== '';
  } catch {
    return false;
  }
}
