import { z } from 'zod';
import type { Variable } from './values.ts';

/** Authenticator apps separate the name from the account by a colon; the others end a display name in a header. */
const nameForbidden = /[\p{Cc}\p{Zl}\p{Zp}"<>:\\@]/u;

/** The look of pages and emails. */
export const brandingVariables = {
  APP_NAME: {
    section: 'Branding',
    description:
      'Name of the product in pages, emails, the documentation, authenticator apps and passkeys; 1 to 40 characters.',
    schema: z
      .string()
      .trim()
      .refine(
        (value) => value !== '' && Array.from(value).length <= 40 && !nameForbidden.test(value),
        'must have 1 to 40 characters, without control characters and any of " < > : \\ @',
      ),
    default: 'Plinth',
  },
  APP_LOGO_URL: {
    section: 'Branding',
    description:
      'Logo in pages and emails: an https:// URL, or a path on the host of PUBLIC_URL that a proxy serves. Many mail ' +
      'programs show PNG only. Without it the name is shown as text.',
    schema: z
      .string()
      .max(1024)
      .refine((value) => isLogoUrl(value), 'must be an https:// URL without user name, or a path such as /logo.png'),
  },
  APP_ACCENT_COLOR: {
    section: 'Branding',
    description: 'Color of buttons and links in pages and emails, as #rrggbb. The text on it is black or white.',
    schema: z
      .string()
      .regex(/^#[0-9a-f]{6}$/i, 'must be a color such as #2457d6')
      .toLowerCase(),
    default: '#2457d6',
  },
} satisfies Record<string, Variable>;

/** Only characters that a URL may contain: the value is part of a Content-Security-Policy too. */
function isLogoUrl(value: string): boolean {
  if (!/^[\w\-.~:/?#[\]@!$&()*+=%]+$/.test(value)) return false;
  if (/^\/(?!\/)/.test(value)) return URL.canParse(value, 'https://localhost');
  return /^https:\/\//.test(value) && URL.canParse(value) && !/@/.test(new URL(value).href.split(/[/?#]/)[2] ?? '');
}
