import { z } from 'zod';

/** No page is loaded by these, or its origin is sent as `null`. */
const schemesWithoutOrigin = /^(about|blob|data|file|filesystem|ftp|javascript|wss?)$/;

/**
 * Origins of pages, separated by commas, each as browsers send it in `Origin` (RFC 6454 §6.2). Apps and extensions have
 * schemes of their own: `capacitor://localhost`, `chrome-extension://<id>`. There are no wildcards: an attacker
 * who gets a name below one, by a forgotten DNS record or on a host of many tenants, would be trusted.
 */
export const origins = z
  .string()
  .transform((value) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  )
  .superRefine((values, context) => {
    for (const [at, value] of values.entries()) {
      const mistake = mistakeIn(value);
      if (mistake !== undefined) context.addIssue({ code: 'custom', message: `entry ${at + 1} ${mistake}` });
    }
  });

/** What is wrong with one origin; it is told without the value, as with every variable. */
function mistakeIn(value: string): string | undefined {
  if (value.includes('*')) return 'has a wildcard: name each origin, such as https://app.example.com';
  if (value === 'null') return 'is null, which any sandboxed page sends: it names nothing';
  const [, scheme = '', host = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#\\\s]+)(.*)$/is.exec(value) ?? [];
  if (host === '') return 'must be scheme://host, such as https://app.example.com or capacitor://localhost';
  if (rest !== '') return 'must end behind the host and its port, without a slash or a path';
  if (schemesWithoutOrigin.test(scheme.toLowerCase())) return 'has a scheme whose pages send no origin';
  if (isAsSent(value, { scheme, host })) return undefined;
  return 'must be written as browsers send it: in lower case, in ASCII, without the default port or a user name';
}

/** What has a scheme of its own is named by an opaque host, which keeps its case (URL §3.5): Safari's are in capitals. */
function isAsSent(value: string, { scheme, host }: { scheme: string; host: string }): boolean {
  if (/^https?$/i.test(scheme)) return URL.canParse(value) && new URL(value).origin === value;
  return scheme === scheme.toLowerCase() && /^[\w.-]+(:\d{1,5})?$/.test(host);
}
