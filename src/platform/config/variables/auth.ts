import { z } from 'zod';
import type { Variable } from './values.ts';
import { appSecret, boolean, httpUrl, integer, rolePermissions } from './values.ts';

/** A secret that passwords are hashed with, and the key id that is stored in the hashes. */
export interface Pepper {
  readonly keyId: string;
  readonly secret: string;
}

const peppers = z
  .string()
  .transform((value): readonly Pepper[] =>
    value.split(',').map((pair) => {
      const [, keyId = '', secret = ''] = /^([^:]*):(.*)$/s.exec(pair.trim()) ?? [];
      return { keyId, secret };
    }),
  )
  .refine((pairs) => pairs.every(({ keyId }) => /^[A-Za-z0-9]{1,8}$/.test(keyId)), {
    message: 'must be keyid:secret, several pairs separated by commas; a keyid is 1 to 8 letters and digits',
    abort: true,
  })
  .refine((pairs) => new Set(pairs.map(({ keyId }) => keyId)).size === pairs.length, 'must name each keyid once')
  .refine(
    (pairs) => pairs.every(({ secret }) => appSecret.safeParse(secret).success),
    'must have secrets of at least 32 characters, none a placeholder: openssl rand -base64 32',
  );

const section = 'Auth';

/** Lifetimes of tokens and sessions, and the cost of password hashes. */
export const authVariables = {
  AUTH_AUDIENCE: {
    section,
    description: 'The audience (aud) of access tokens, which verification requires.',
    schema: z.string().max(255),
    default: 'plinth',
  },
  AUTH_ROLES: {
    section,
    description:
      'JSON object that sets the permissions of roles, and adds roles: `{"support":["users:read"]}`. Roles that it does ' +
      'not name keep their built-in permissions.',
    schema: rolePermissions,
    default: '{}',
  },
  AUTH_ACCESS_TOKEN_TTL_SECONDS: {
    section,
    description: 'Lifetime of an access token.',
    schema: integer(60, 900),
    default: '600',
  },
  AUTH_KEY_ROTATION_DAYS: {
    section,
    description: 'How long a signing key is used before the next one replaces it; does not invalidate sessions.',
    schema: integer(1, 3650),
    default: '90',
  },
  AUTH_SESSION_IDLE_TIMEOUT_SECONDS: {
    section,
    description: 'A session that is not refreshed for this long expires.',
    schema: integer(60, 31_536_000),
    default: '604800',
  },
  AUTH_SESSION_ABSOLUTE_TIMEOUT_SECONDS: {
    section,
    description: 'A session expires this long after its login, refreshed or not.',
    schema: integer(60, 31_536_000),
    default: '2592000',
  },
  AUTH_REFRESH_TOKEN_REUSE_INTERVAL_SECONDS: {
    section,
    description:
      'How long a used refresh token returns the same successor for a repeated call; 0 follows RFC 9700 strictly.',
    schema: integer(0, 30),
    default: '10',
  },
  AUTH_COOKIE_SAME_SITE_ENABLED: {
    section,
    description:
      'true accepts the refresh token cookie also from the pages of CORS_ORIGINS on the same site, such as ' +
      'https://app.example.com for an API on https://api.example.com, and sends CORS headers for credentials. ' +
      'Without it only pages of the same origin can use the cookie.',
    schema: boolean,
    default: 'false',
  },
  AUTH_STEP_UP_MAX_AGE_SECONDS: {
    section,
    description: 'Sensitive operations require an authentication that is at most this old (RFC 9470).',
    schema: integer(60, 86_400),
    default: '600',
  },
  AUTH_MAX_SESSIONS: {
    section,
    description: 'Concurrent sessions per user; a login beyond that revokes the least recently used one.',
    schema: integer(1, 10_000),
    default: '100',
  },
  AUTH_INVITATION_TTL_SECONDS: {
    section,
    description: 'Lifetime of an emailed invitation.',
    schema: integer(60, 2_592_000),
    default: '604800',
  },
  AUTH_VERIFY_TOKEN_TTL_SECONDS: {
    section,
    description: 'Lifetime of an emailed verification link.',
    schema: integer(60, 604_800),
    default: '86400',
  },
  AUTH_RESET_TOKEN_TTL_SECONDS: {
    section,
    description: 'Lifetime of an emailed link to reset a password.',
    schema: integer(60, 86_400),
    default: '1800',
  },
  AUTH_EMAIL_CHANGE_TTL_SECONDS: {
    section,
    description: 'Lifetime of the emailed link that confirms a new email address.',
    schema: integer(60, 86_400),
    default: '3600',
  },
  AUTH_EMAIL_REVERT_TTL_SECONDS: {
    section,
    description: 'How long the link sent to the former email address can revert an email change.',
    schema: integer(3600, 2_592_000),
    default: '604800',
  },
  AUTH_MAGIC_LINK_ENABLED: {
    section,
    description: 'true enables passwordless login by email link.',
    schema: boolean,
    default: 'false',
  },
  AUTH_MAGIC_LINK_TTL_SECONDS: {
    section,
    description: 'Lifetime of an emailed login link.',
    schema: integer(60, 3600),
    default: '600',
  },
  AUTH_PASSWORD_MIN_LENGTH: {
    section,
    description: 'The shortest password accepted, in code points.',
    schema: integer(8, 64),
    default: '15',
  },
  AUTH_ARGON2_MEMORY_KIB: {
    section,
    description:
      'Memory of one password hash (argon2id). Concurrent hashes: one fewer than the CPU cores, within a quarter of ' +
      'the memory.',
    schema: integer(7168, 4_194_304),
    default: '65536',
  },
  AUTH_ARGON2_ITERATIONS: {
    section,
    description: 'Iterations of one password hash (argon2id).',
    schema: integer(1, 20),
    default: '3',
  },
  AUTH_RESPONSE_TIME_PERIOD_MS: {
    section,
    description:
      'Responses whose time would reveal whether an account exists, or why a credential is rejected, are sent at a ' +
      'multiple of this, counted from the request. Set it to three times the usual duration of a failed login or more.',
    schema: integer(1, 1000),
    default: '200',
  },
  AUTH_AUDIT_RETENTION_DAYS: {
    section,
    description: 'How long audit events are retained; without a limit when absent.',
    schema: integer(30, 36_500),
  },
  AUTH_PASSWORD_PEPPER: {
    section,
    description:
      'keyid:secret, a secret of at least 32 characters that passwords are hashed with in addition to their salt; ' +
      'without it a copy of the database cannot be used to guess passwords. New hashes use the first pair; further ' +
      'pairs, separated by commas, are for older hashes. If a pair is removed, its hashes match no password.',
    schema: peppers,
    secret: true as const,
  },
  AUTH_PWNED_PASSWORDS_URL: {
    section,
    description:
      'Range API that checks new passwords against breaches, such as https://api.pwnedpasswords.com/range. Five ' +
      'hexadecimal digits of the SHA-1 hash are sent. Without it there is no check; after 1 s the check is skipped.',
    schema: httpUrl,
  },
} satisfies Record<string, Variable>;
