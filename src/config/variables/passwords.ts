import { z } from 'zod';

/** A secret that passwords are hashed with, and the name that hashes know it by. */
export interface Pepper {
  readonly keyId: string;
  readonly secret: string;
}

const placeholder = /change[-_ ]?me|placeholder|your[-_ ]/i;

const peppers = z
  .string()
  .transform((value): readonly Pepper[] =>
    value.split(',').map((pair) => {
      const [, keyId = '', secret = ''] = /^([^:]*):(.*)$/s.exec(pair.trim()) ?? [];
      return { keyId, secret };
    }),
  )
  .refine((pairs) => pairs.every(({ keyId }) => /^[A-Za-z0-9]{1,8}$/.test(keyId)), {
    message: 'must be keyid:secret, further pairs behind commas; a keyid is 1 to 8 letters and digits',
    abort: true,
  })
  .refine((pairs) => new Set(pairs.map(({ keyId }) => keyId)).size === pairs.length, 'must name each keyid once')
  .refine(
    (pairs) => pairs.every(({ secret }) => secret.length >= 32 && !placeholder.test(secret)),
    'must have secrets of at least 32 characters, none a placeholder: openssl rand -base64 32',
  );

const rangeUrl = z
  .string()
  .refine(
    (value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol) && !/[?#]/.test(value),
    'must be an http:// or https:// URL without a query',
  )
  .transform((value) => value.replace(/\/+$/, ''));

const section = 'Auth';

/** What passwords are held against and hashed with. */
export const passwordVariables = {
  AUTH_PASSWORD_PEPPER: {
    section,
    about:
      'keyid:secret, a secret of at least 32 characters that passwords are hashed with beside their salt; a copy of the database without it is worth nothing to guess at. New hashes take the first pair; further ones, behind commas, are for hashes made before a change. Without a pair its hashes match nothing.',
    schema: peppers,
    secret: true as const,
  },
  AUTH_HIBP_URL: {
    section,
    about:
      'Where to ask whether a new password is known from breaches, such as https://api.pwnedpasswords.com/range. Five hexadecimal digits of its SHA-1 are sent. Without it nobody is asked; who does not answer within a second is not waited for.',
    schema: rangeUrl,
  },
};
