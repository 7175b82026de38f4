import { textColorOn } from './accent-color.ts';

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
