import type { z } from 'zod';
import type { Variable } from './values.ts';
import { integer, list, roleName } from './values.ts';

const roleNames = list.refine(
  (names) => names.every((name) => roleName.test(name)),
  'must be names of roles, separated by commas',
);

const section = 'Auth';

/** Second factors and API keys. */
export const credentialVariables = {
  AUTH_API_KEYS_MAX: {
    section,
    description: 'API keys per user that are neither revoked, expired nor replaced.',
    schema: integer(1, 10_000),
    default: '50',
  },
  AUTH_MFA_CHALLENGE_TTL_SECONDS: {
    section,
    description: 'How long a login waits for its second factor.',
    schema: integer(60, 900),
    default: '300',
  },
  AUTH_MFA_REQUIRED_ROLES: {
    section,
    description:
      'Roles whose users need a second factor, separated by commas, such as `admin`. Without one they can only add it.',
    schema: roleNames,
    default: '',
  },
  AUTH_TOTP_WINDOW: {
    section,
    description: 'Codes of authenticator apps before and after the current one that are accepted; 0 is the strictest.',
    schema: integer(0, 2),
    default: '1',
  },
} satisfies Record<string, Variable>;

/** The configuration of second factors and API keys. */
export interface CredentialConfig {
  /** API keys per user. */
  readonly apiKeysMax: number;
  readonly mfaChallengeTtlSeconds: number;
  /** Roles whose users need a second factor; whether they exist is checked at startup. */
  readonly mfaRequiredRoles: readonly string[];
  /** Time steps before and after the current one. */
  readonly totpWindow: number;
}

type Parsed = {
  readonly [Name in keyof typeof credentialVariables]: z.output<(typeof credentialVariables)[Name]['schema']>;
};

export function credentialConfig(parsed: Parsed): CredentialConfig {
  return {
    apiKeysMax: parsed.AUTH_API_KEYS_MAX,
    mfaChallengeTtlSeconds: parsed.AUTH_MFA_CHALLENGE_TTL_SECONDS,
    mfaRequiredRoles: parsed.AUTH_MFA_REQUIRED_ROLES,
    totpWindow: parsed.AUTH_TOTP_WINDOW,
  };
}

/** Whether users with these roles need a second factor. */
export function requiresMfa(
  { mfaRequiredRoles }: Pick<CredentialConfig, 'mfaRequiredRoles'>,
  roles: readonly string[],
): boolean {
  return mfaRequiredRoles.some((role) => roles.includes(role));
}

/** Whether a user has no second factor although one of the roles requires it. */
export function isMfaMissing(
  config: Pick<CredentialConfig, 'mfaRequiredRoles'>,
  { roles, mfaEnabled }: { readonly roles: readonly string[]; readonly mfaEnabled: boolean },
): boolean {
  return !mfaEnabled && requiresMfa(config, roles);
}
