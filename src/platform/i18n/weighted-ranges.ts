/** An entry of a header that states preferences. */
interface WeightedRange {
  /** In lower case, without parameters, such as `text/html`, `de-at` or `*`. */
  readonly name: string;
  /** 0 (refused) to 1. */
  readonly quality: number;
}

/** The entries of `Accept` or `Accept-Language` (RFC 9110 §12.4.2); those with an invalid weight are left out. */
export function weightedRanges(header: string): WeightedRange[] {
  return header
    .toLowerCase()
    .split(',')
    .flatMap((range) => {
      const [name = '', ...parameters] = range.split(';').map((part) => part.trim());
      const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
      return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(weight) ? [{ name, quality: Number(weight) }] : [];
    });
}
