const msPerDay = 86_400_000;

let cachedDay = Number.NaN;
/** The date of `cachedDay` with the T. */
let cachedDate = '';

/**
 * The same as `toISOString()`, which formats the date each time and costs more than the rest of a row: times of one
 * response are often of one day.
 * @throws RangeError for an invalid date
 */
export function isoTime(time: Date): string {
  const ms = time.getTime();
  const day = Math.floor(ms / msPerDay);
  if (day !== cachedDay) {
    const iso = time.toISOString();
    cachedDate = iso.slice(0, iso.indexOf('T') + 1);
    cachedDay = day;
  }
  const ofDay = ms - day * msPerDay;
  const seconds = Math.floor(ofDay / 1000);
  const minutes = Math.floor(seconds / 60);
  const decimals = ofDay - seconds * 1000;
  const zeros = decimals < 10 ? '00' : decimals < 100 ? '0' : '';
  return `${cachedDate}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(seconds % 60)}.${zeros}${decimals}Z`;
}

/** The same for a time that may be missing. */
export function optionalIsoTime(time: Date | null | undefined): string | null {
  return time === null || time === undefined ? null : isoTime(time);
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
