import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a page of this service submitted the form: by `Sec-Fetch-Site` where the browser sends it (HTTPS and
 * localhost), otherwise by `Origin`. Browsers send `Origin: null` for pages without a referrer (Fetch §3.2), ours and
 * those of other sites: a page whose form is accepted by its origin needs the referrer policy `same-origin`. A request
 * without both headers is not of a browser.
 */
export function isOwnForm({ 'sec-fetch-site': site, origin, host }: IncomingHttpHeaders, publicUrl: string): boolean {
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  if (origin === undefined || origin === new URL(publicUrl).origin) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
