/** How pages and emails present the product. */
export interface Branding {
  readonly appName: string;
  /** An absolute URL; undefined when the name is shown instead. */
  readonly logoUrl: string | undefined;
  /** As `#rrggbb`. */
  readonly accentColor: string;
  /** Color of text on the accent color: black or white, whichever has the higher contrast (WCAG 2.2 §1.4.3). */
  readonly accentTextColor: string;
}

/** The variables of the branding. */
interface BrandingVariables {
  readonly APP_NAME: string;
  readonly APP_LOGO_URL: string | undefined;
  readonly APP_ACCENT_COLOR: string;
}

/** @param publicUrl the base of a logo that is given as a path */
export function brandingOf(
  { APP_NAME: appName, APP_LOGO_URL: logo, APP_ACCENT_COLOR: accentColor }: BrandingVariables,
  publicUrl: string,
): Branding {
  const base = URL.canParse(publicUrl) ? publicUrl : undefined;
  const logoUrl = logo !== undefined && URL.canParse(logo, base) ? new URL(logo, base).href : undefined;
  return { appName, logoUrl, accentColor, accentTextColor: textColorOn(accentColor) };
}

/** @param color as `#rrggbb` */
export function textColorOn(color: string): '#000000' | '#ffffff' {
  const luminance = relativeLuminance(color);
  // Contrast to white and to black: equal at a luminance of about 0.18.
  return 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 ? '#ffffff' : '#000000';
}

/** WCAG 2.2, "relative luminance": 0 to 1. */
function relativeLuminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
