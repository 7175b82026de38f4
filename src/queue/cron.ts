import { CronExpressionParser } from 'cron-parser';

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

/** What the library makes of an expression from a moment on. */
type Walk = ReturnType<typeof CronExpressionParser.parse>;

/** The ticks on both sides of a moment. */
export interface Ticks {
  /** The last one that is not later than the moment. */
  readonly latest: Date;
  /** The first one that is later. */
  readonly next: Date;
}

const minuteMs = 60 * 1000;
/** Clocks are put back by at most two hours (Antarctica/Troll): a walk that begins this long before sees both. */
const foldMs = 180 * minuteMs;
/** Between two leap years there are at most eight years. */
const rarestMs = 9 * 366 * 24 * 60 * minuteMs;

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
 * The ticks around a moment. A fixed hour that the clocks skip ticks an hour later by the wall, one that they repeat
 * ticks the first time only; an hour given by `*` ticks through both. The answer depends on the moment alone: whoever
 * asks during a repeated hour gets what everybody else gets.
 * @throws Error when `cronMistakes` finds one
 */
export function ticksAround({ cron, timezone }: CronTimes, moment: Date): Ticks {
  const after = (currentDate: Date): Walk => CronExpressionParser.parse(cron, { currentDate, tz: timezone });
  const begin = shortlyBefore(moment, after);
  // A walk that begins within a repeated hour takes its second half for the first.
  const isSteady = offset(timezone, begin - foldMs) === offset(timezone, moment.getTime());
  const walk = after(new Date(isSteady ? begin : begin - foldMs));
  for (let latest = walk.next().toDate(); ;) {
    const tick = walk.next().toDate();
    if (tick > moment) return { latest, next: tick };
    latest = tick;
  }
}

/** A time, up to a minute before the latest tick; found by halves, because the library's way back loses its way. */
function shortlyBefore(moment: Date, after: (from: Date) => Walk): number {
  const end = moment.getTime();
  const precedesTick = (at: number): boolean => after(new Date(at)).next().getTime() <= end;
  let span = minuteMs;
  while (!precedesTick(end - span)) {
    if (span > rarestMs) throw new Error('The expression matches no day of nine years');
    span *= 2;
  }
  let begin = end - span;
  while (span > minuteMs) {
    span /= 2;
    if (precedesTick(begin + span)) begin += span;
  }
  return begin;
}

/** How far the clocks of a zone are from UTC at a time, in words. */
function offset(timeZone: string, time: number): string | undefined {
  const parts = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(time);
  return parts.find(({ type }) => type === 'timeZoneName')?.value;
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
