import { z } from 'zod';
import type { Variable } from './values.ts';
import { appSecret, httpUrl, integer } from './values.ts';

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

/** Which passwords are accepted, and how they are hashed. */
export const passwordVariables = {
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

/** The configuration of passwords. */
export interface PasswordConfig {
  /** In code points. */
  readonly passwordMinLength: number;
  readonly argon2MemoryKib: number;
  readonly argon2Iterations: number;
  /** The first one is used for new hashes. */
  readonly peppers: readonly Pepper[];
  /** Undefined: passwords are not checked against breaches. */
  readonly pwnedPasswordsUrl: string | undefined;
}

type Variables = typeof passwordVariables;

type Parsed = {
  readonly [Name in keyof Variables]: z.output<Variables[Name]['schema']> | AbsentWithoutDefault<Variables[Name]>;
};

type AbsentWithoutDefault<Of> = Of extends { readonly default: string } ? never : undefined;

export function passwordConfig(parsed: Parsed): PasswordConfig {
  return {
    passwordMinLength: parsed.AUTH_PASSWORD_MIN_LENGTH,
    argon2MemoryKib: parsed.AUTH_ARGON2_MEMORY_KIB,
    argon2Iterations: parsed.AUTH_ARGON2_ITERATIONS,
    peppers: parsed.AUTH_PASSWORD_PEPPER ?? [],
    pwnedPasswordsUrl: parsed.AUTH_PWNED_PASSWORDS_URL,
  };
}
