const dayMs = 24 * 60 * 60 * 1000;

/** Converts between moments and the local time of a time zone; local times are epoch milliseconds as if in UTC. */
export class TimeZoneClock {
  private readonly format: Intl.DateTimeFormat;

  constructor(timeZone: string) {
    this.format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
  }

  /** The local time of a moment. */
  at(moment: number): number {
    return moment + this.offset(moment);
  }

  /** The size of a change of the UTC offset within a day of a local time; 0 on most days. */
  shift(local: number): number {
    const [before, after] = this.offsetsAround(local);
    return Math.abs(after - before);
  }

  /** The moments of a local time, in order: none for a skipped one, two for a repeated one. */
  moments(local: number): number[] {
    const [before, after] = this.offsetsAround(local);
    const offsets = before === after ? [before] : [before, after];
    return offsets.map((offset) => local - offset).filter((moment) => this.at(moment) === local);
  }

  /** The moment of a skipped local time by the UTC offset before the change. */
  withoutDstShift(local: number): number {
    const [before] = this.offsetsAround(local);
    return local - before;
  }

  /** A day is more than any UTC offset, and no time zone changes its offset twice within two days. */
  private offsetsAround(local: number): readonly [before: number, after: number] {
    return [this.offset(local - dayMs), this.offset(local + dayMs)];
  }

  private offset(moment: number): number {
    const name = this.format.formatToParts(moment).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours, minutes, seconds = '0'] = /^GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(name) ?? [];
    if (sign === undefined) return 0;
    const size = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
    return (sign === '-' ? -size : size) * 1000;
  }
}
