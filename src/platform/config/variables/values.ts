import addressparser from 'nodemailer/lib/addressparser';
import { z } from 'zod';
import { InvalidDatabaseUrl, readDatabaseUrl } from '../database-url.ts';

/** One environment variable; `.env.example` and docs/reference/configuration.md are generated from it. */
export interface Variable {
  section: string;
  description: string;
  schema: z.ZodType;
  /** As in an `.env` file; without one the variable is optional. */
  default?: string;
  /** Secrets may come from a file named by `<NAME>_FILE`, and are never printed. */
  secret?: true;
}

/** A whole number in this range, in plain decimal digits. */
export const integer = (min: number, max: number): z.ZodType<number> =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((n) => n >= min && n <= max, `must be a whole number from ${min} to ${max}`);

/** One of these values. */
export const oneOf = <const T extends string>(...values: T[]): z.ZodType<T> =>
  z.enum(values, `must be one of ${values.join(', ')}`);

/** True or false. */
export const boolean = oneOf('true', 'false').transform((value) => value === 'true');

/** Entries separated by commas. */
export const list = z.string().transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

/** A list whose entries are checked one by one; an error names the entry by its number, not by its value. */
export const checkedList = (errorOf: (entry: string) => string | undefined): z.ZodType<string[]> =>
  list.superRefine((entries, context) => {
    for (const [index, entry] of entries.entries()) {
      const error = errorOf(entry);
      if (error !== undefined) context.addIssue(`entry ${index + 1} ${error}`);
    }
  });

/** A base URL; trailing slashes are removed, since paths are appended to it. */
export const httpUrl = z
  .string()
  .refine((value) => /^https?:$/.test(protocol(value)), 'must be an http:// or https:// URL')
  // An empty query or fragment is rejected too: paths are appended to the text.
  .refine((value) => !/[?#]/.test(value), 'must have neither a query nor a fragment')
  .refine((value) => !hasCredentials(value), 'must have no user name and password')
  .refine((value) => hasPlainPath(value), 'must have a percent-encoded path without empty, . or .. segments')
  .transform((value) => value.replace(/\/+$/, ''));

/** URL of a PostgreSQL, and the schema that contains the tables. */
export const postgresUrl = z.string().superRefine((value, context) => {
  try {
    readDatabaseUrl(value);
  } catch (error) {
    if (!(error instanceof InvalidDatabaseUrl)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
});

export const smtpUrl = z
  .string()
  .refine((value) => /^smtps?:$/.test(protocol(value)), 'must be an smtp:// or smtps:// URL')
  .refine((value) => !URL.canParse(value) || new URL(value).hostname !== '', 'must name a host');

/** One mailbox with or without a display name, as nodemailer parses it. */
export const mailbox = z
  .string()
  .max(320)
  .refine((value) => {
    const [only, ...others] = addressparser(value);
    return others.length === 0 && /^[^\s@<>]+@[^\s@<>]+$/.test(only?.address ?? '');
  }, 'must be one mailbox, such as Plinth <no-reply@example.com>');

const placeholder = /change[-_ ]?me|placeholder|your[-_ ]|^secret$|^x+$/i;

export const roleName = /^[a-z][a-z0-9_-]{0,31}$/;
/** The name of a permission: a resource and an action. */
export const permissionName = /^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*$/;

/** A JSON object of roles with lists of permissions; whether a permission exists is checked at startup. */
export const rolePermissions = z.string().transform((text, context): Readonly<Record<string, string[]>> => {
  const parsed = z
    .record(z.string().regex(roleName), z.array(z.string().regex(permissionName)).max(64))
    .refine((roles) => Object.keys(roles).length <= 16)
    .safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  context.addIssue({
    code: 'custom',
    message: 'must be a JSON object of at most 16 roles with lists of permissions, such as {"support":["users:read"]}',
  });
  return z.NEVER;
});

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A secret of at least 32 characters that was not copied from an example. */
export const appSecret = z
  .string()
  .min(32, 'must have at least 32 characters: openssl rand -base64 32')
  .refine((value) => !placeholder.test(value), 'is a placeholder: openssl rand -base64 32');

/** Several secrets, by the same rules; an error names the entry by its number. */
export const previousAppSecrets = checkedList((entry) => appSecret.safeParse(entry).error?.issues[0]?.message);

function protocol(value: string): string {
  return URL.canParse(value) ? new URL(value).protocol : '';
}

function hasCredentials(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { username, password } = new URL(value);
  return username !== '' || password !== '';
}

/** Clients follow links and compare the issuer as text: a path that they would normalize to another one is rejected. */
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
