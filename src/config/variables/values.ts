import addressparser from 'nodemailer/lib/addressparser';
import { z } from 'zod';
import { InvalidDatabaseUrl, readDatabaseUrl } from '../database-url.ts';

/** A whole number in this range, in plain decimal digits. */
export const whole = (min: number, max: number): z.ZodType<number> =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((n) => n >= min && n <= max, `must be a whole number from ${min} to ${max}`);

/** One of these words. */
export const oneOf = <const T extends string>(...values: T[]): z.ZodType<T> =>
  z.enum(values, `must be one of ${values.join(', ')}`);

/** True or false. */
export const yesOrNo = oneOf('true', 'false').transform((value) => value === 'true');

/** A URL to append paths to: it ends without a slash. */
export const httpUrl = z
  .string()
  .refine((value) => /^https?:$/.test(protocol(value)), 'must be an http:// or https:// URL')
  // Also an empty query or fragment: paths are appended to the text.
  .refine((value) => !/[?#]/.test(value), 'must have neither a query nor a fragment')
  .refine((value) => !hasCredentials(value), 'must have no user name and password')
  .refine((value) => hasPlainPath(value), 'must have a percent-encoded path without empty, . or .. segments')
  .transform((value) => value.replace(/\/+$/, ''));

/** Where a PostgreSQL is, and which schema of it holds the tables. */
export const postgresUrl = z.string().superRefine((value, context) => {
  try {
    readDatabaseUrl(value);
  } catch (error) {
    if (!(error instanceof InvalidDatabaseUrl)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
});

/** Where a mail server is. */
export const smtpUrl = z
  .string()
  .refine((value) => /^smtps?:$/.test(protocol(value)), 'must be an smtp:// or smtps:// URL')
  .refine((value) => !URL.canParse(value) || new URL(value).hostname !== '', 'must name a host');

/** One mailbox, with or without a name, as the sender of mails reads it. */
export const mailbox = z
  .string()
  .max(320)
  .refine((value) => {
    const [only, ...others] = addressparser(value);
    return others.length === 0 && /^[^\s@<>]+@[^\s@<>]+$/.test(only?.address ?? '');
  }, 'must be one mailbox, such as Plinth <no-reply@example.com>');

const placeholder = /change[-_ ]?me|placeholder|your[-_ ]|^secret$|^x+$/i;

/** A secret of some length that nobody has copied from an example. */
export const appSecret = z
  .string()
  .min(32, 'must have at least 32 characters: openssl rand -base64 32')
  .refine((value) => !placeholder.test(value), 'is a placeholder: openssl rand -base64 32');

function protocol(value: string): string {
  return URL.canParse(value) ? new URL(value).protocol : '';
}

function hasCredentials(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { username, password } = new URL(value);
  return username !== '' || password !== '';
}

/** Links are followed and the issuer is compared as text: what a client would read in another way is refused. */
function hasPlainPath(value: string): boolean {
  if (protocol(value) === '' || /[?#]/.test(value)) return true;
  const path = /^https?:\/\/[^/\\\s]+((?:\/[^/]+)*)\/*$/i.exec(value)?.[1];
  return path !== undefined && path === new URL(value).pathname.replace(/\/+$/, '') && isDecodable(path);
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
