import { z } from 'zod';
import type { Variable } from './values.ts';

/** A number of attempts within a number of seconds. */
export interface AttemptWindow {
  readonly attempts: number;
  readonly seconds: number;
}

/** Failures without a pause, and the pauses in seconds after them: each twice as long as the one before. */
interface BackoffLimit {
  readonly failures: number;
  readonly firstSeconds: number;
  readonly longestSeconds: number;
}

/** Limits of login attempts, one-time tokens and emails. */
export interface LoginThrottleLimits {
  readonly ip: readonly AttemptWindow[];
  readonly accountIp: BackoffLimit;
  readonly account: AttemptWindow & { readonly backoffSeconds: number };
  readonly mfa: readonly AttemptWindow[];
  /** Consecutive failures after which a password, or the authenticator apps of a user, are locked. */
  readonly lockoutThreshold: number;
  readonly registration: readonly AttemptWindow[];
  readonly oneTimeToken: readonly AttemptWindow[];
  readonly apiKey: readonly AttemptWindow[];
  readonly emailPerRecipient: readonly AttemptWindow[];
  readonly emailPerRecipientTotal: readonly AttemptWindow[];
  readonly emailPerIp: readonly AttemptWindow[];
}

const windowsPattern = /^[1-9]\d{0,8}\/[1-9]\d{0,6}(,[1-9]\d{0,8}\/[1-9]\d{0,6}){0,3}$/;

const windows = z
  .string()
  .regex(windowsPattern, 'must be attempts/seconds, such as 30/60, and up to four of them separated by commas')
  .transform((value): readonly AttemptWindow[] =>
    value.split(',').map((window) => {
      const [attempts = 0, seconds = 0] = window.split('/').map(Number);
      return { attempts, seconds };
    }),
  );

/** Three whole numbers, none of them 0. */
const threeNumbers = (meaning: string): z.ZodType<readonly number[]> =>
  z
    .string()
    .regex(/^[1-9]\d{0,8}(\/[1-9]\d{0,6}){2}$/, `must be ${meaning}`)
    .transform((value) => value.split('/').map(Number));

const positiveInteger = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, 'must be a whole number from 1 to 999999999')
  .transform(Number);

const section = 'Auth';

/** Limits of login attempts; counted in PostgreSQL, so for all processes together. */
export const rateLimitVariables = {
  AUTH_RATE_LIMIT_IP: {
    section,
    description:
      'Failed logins and refreshes per IP address (IPv4, or the /64 of IPv6; 8 times as many per /56), as ' +
      'failures/seconds.',
    schema: windows,
    default: '30/60,300/3600',
  },
  AUTH_RATE_LIMIT_ACCOUNT_IP: {
    section,
    description:
      'Failed logins per account and IP address before pauses begin, the first and the longest pause in seconds; ' +
      'each pause is twice as long as the one before.',
    schema: threeNumbers('failures/first pause/longest pause, such as 5/60/900'),
    default: '5/60/900',
  },
  AUTH_RATE_LIMIT_ACCOUNT: {
    section,
    description:
      'Failed logins per account from all IP addresses, the window in seconds, and the seconds between attempts ' +
      'after that.',
    schema: threeNumbers('failures/seconds/pause, such as 20/3600/60'),
    default: '20/3600/60',
  },
  AUTH_RATE_LIMIT_MFA: {
    section,
    description: 'Invalid codes of second factors per account, from all IP addresses, as failures/seconds.',
    schema: windows,
    default: '10/900',
  },
  AUTH_LOCKOUT_THRESHOLD: {
    section,
    description:
      'Consecutive failed logins after which a password is locked until it is reset by email, and consecutive ' +
      'invalid codes after which authenticator apps are locked until a recovery code or a passkey is used.',
    schema: positiveInteger,
    default: '100',
  },
  AUTH_RATE_LIMIT_REGISTRATION: {
    section,
    description: 'Registrations per IP address, as attempts/seconds.',
    schema: windows,
    default: '10/3600',
  },
  AUTH_RATE_LIMIT_ONE_TIME_TOKEN: {
    section,
    description:
      'Invalid one-time tokens, and invalid codes and callbacks of login providers, per IP address, as ' +
      'failures/seconds.',
    schema: windows,
    default: '20/300',
  },
  AUTH_RATE_LIMIT_API_KEY: {
    section,
    description: 'Invalid API keys per IP address, as failures/seconds.',
    schema: windows,
    default: '20/60',
  },
  AUTH_RATE_LIMIT_EMAIL_PER_RECIPIENT: {
    section,
    description:
      'Emails to one account that unauthenticated clients may request, as emails/seconds; further ones are silently ' +
      'dropped.',
    schema: windows,
    default: '1/60,5/3600',
  },
  AUTH_RATE_LIMIT_EMAIL_PER_RECIPIENT_TOTAL: {
    section,
    description:
      'The same for all kinds of these emails together; notifications about the security of an account do not count.',
    schema: windows,
    default: '10/3600',
  },
  AUTH_RATE_LIMIT_EMAIL_PER_IP: {
    section,
    description: 'Emails that one IP address may request, as attempts/seconds.',
    schema: windows,
    default: '10/3600',
  },
} satisfies Record<string, Variable>;

type RateLimitEnvironment = {
  [Name in keyof typeof rateLimitVariables]: z.output<(typeof rateLimitVariables)[Name]['schema']>;
};

export function loginThrottleLimits(env: RateLimitEnvironment): LoginThrottleLimits {
  const [failures = 0, firstSeconds = 0, longestSeconds = 0] = env.AUTH_RATE_LIMIT_ACCOUNT_IP;
  const [attempts = 0, seconds = 0, backoffSeconds = 0] = env.AUTH_RATE_LIMIT_ACCOUNT;
  return {
    ip: env.AUTH_RATE_LIMIT_IP,
    accountIp: { failures, firstSeconds, longestSeconds },
    account: { attempts, seconds, backoffSeconds },
    mfa: env.AUTH_RATE_LIMIT_MFA,
    lockoutThreshold: env.AUTH_LOCKOUT_THRESHOLD,
    registration: env.AUTH_RATE_LIMIT_REGISTRATION,
    oneTimeToken: env.AUTH_RATE_LIMIT_ONE_TIME_TOKEN,
    apiKey: env.AUTH_RATE_LIMIT_API_KEY,
    emailPerRecipient: env.AUTH_RATE_LIMIT_EMAIL_PER_RECIPIENT,
    emailPerRecipientTotal: env.AUTH_RATE_LIMIT_EMAIL_PER_RECIPIENT_TOTAL,
    emailPerIp: env.AUTH_RATE_LIMIT_EMAIL_PER_IP,
  };
}
