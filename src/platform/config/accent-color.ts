/** Red, green and blue, 0 to 255. */
type Rgb = readonly [number, number, number];

/** The smallest contrast of text with its background (WCAG 2.2 §1.4.3). */
const minContrast = 4.5;

/** A color of at least 4.5:1 on every background, as close to `color` as possible. All are `#rrggbb`. */
export function readableColor(color: string, backgrounds: readonly string[]): string {
  const surfaces = backgrounds.map(rgbOf);
  const isDark = surfaces.every((surface) => luminance(surface) < 0.5);
  const end: Rgb = isDark ? [255, 255, 255] : [0, 0, 0];
  const start = rgbOf(color);
  for (let share = 0; share < 100; share += 2) {
    const mixed = mix(start, end, share / 100);
    if (surfaces.every((surface) => contrast(mixed, surface) >= minContrast)) return hexOf(mixed);
  }
  return hexOf(end);
}

/** The color of text on this color, `#rrggbb`: black or white, whichever has the higher contrast. */
export function textColorOn(color: string): '#000000' | '#ffffff' {
  return contrastOf('#ffffff', color) >= contrastOf('#000000', color) ? '#ffffff' : '#000000';
}

/** The contrast of two colors, 1 to 21 (WCAG 2.2). */
export function contrastOf(one: string, other: string): number {
  return contrast(rgbOf(one), rgbOf(other));
}

function contrast(one: Rgb, other: Rgb): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

/** Relative luminance, 0 to 1 (WCAG 2.2). */
function luminance(color: Rgb): number {
  const [red = 0, green = 0, blue = 0] = color.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function mix([r, g, b]: Rgb, [toR, toG, toB]: Rgb, share: number): Rgb {
  const between = (from: number, to: number): number => Math.round(from + (to - from) * share);
  return [between(r, toR), between(g, toG), between(b, toB)];
}

function rgbOf(color: string): Rgb {
  const value = Number.parseInt(color.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

function hexOf(color: Rgb): string {
  return `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}
