const dayMs = 24 * 60 * 60 * 1000;

/** The clock on the wall of one time zone. Its times are numbers as if they were UTC. */
export class WallClock {
  private readonly format: Intl.DateTimeFormat;

  constructor(timeZone: string) {
    this.format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
  }

  /** What the clock shows at a moment. */
  at(moment: number): number {
    return moment + this.offset(moment);
  }

  /** By how much the clock is put forward or back within a day of a time on it; 0 on most days. */
  shift(wall: number): number {
    const [before, after] = this.offsetsAround(wall);
    return Math.abs(after - before);
  }

  /** The moments at which the clock shows a time, in order: none of one that is skipped, two of one that is repeated. */
  moments(wall: number): number[] {
    const [before, after] = this.offsetsAround(wall);
    const offsets = before === after ? [before] : [before, after];
    return offsets.map((offset) => wall - offset).filter((moment) => this.at(moment) === wall);
  }

  /** The moment of a time as if the clock had not been put forward: that of one later by what is skipped. */
  unshifted(wall: number): number {
    const [before] = this.offsetsAround(wall);
    return wall - before;
  }

  /** A day away from it, which is further than any zone is from UTC: no clock moves twice in so short a time. */
  private offsetsAround(wall: number): readonly [before: number, after: number] {
    return [this.offset(wall - dayMs), this.offset(wall + dayMs)];
  }

  private offset(moment: number): number {
    const name = this.format.formatToParts(moment).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours, minutes, seconds = '0'] = /^GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(name) ?? [];
    if (sign === undefined) return 0;
    const size = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
    return (sign === '-' ? -size : size) * 1000;
  }
}
