/** In this order: Edge and Opera name Chrome too, and all name Safari. */
const browsers = [
  ['Edge', /\bEdg(?:e|A|iOS)?\//],
  ['Opera', /\bOPR\//],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Firefox', /\b(?:Firefox|FxiOS)\//],
  ['Chrome', /\b(?:Chrome|CriOS)\//],
  ['Safari', /\bVersion\/.+\bSafari\//],
] as const;

/** In this order: Android names Linux too, and iOS names Mac OS. */
const systems = [
  ['Android', /\bAndroid\b/],
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\bMac OS X\b|\bMacintosh\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Linux', /\bLinux\b/],
] as const;

/**
 * Browser and operating system of a User-Agent header, such as `Firefox, Windows`; undefined when neither is known. The
 * text of the header is not returned: emails show no words of an unauthenticated client.
 */
export function browserName(userAgent: string): string | undefined {
  const names = [browsers, systems].map((list) => list.find(([, pattern]) => pattern.test(userAgent))?.[0]);
  const known = names.filter((name) => name !== undefined);
  return known.length === 0 ? undefined : known.join(', ');
}
