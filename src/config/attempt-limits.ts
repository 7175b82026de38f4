import type { AttemptWindow } from './variables/limits.ts';
import type { Environment } from './variables.ts';

export type { AttemptWindow };

/** Failures that cost nothing, and the pauses in seconds behind them: each twice as long as the one before. */
interface Pauses {
  readonly failures: number;
  readonly firstSeconds: number;
  readonly longestSeconds: number;
}

/** How many attempts to guess are too many. */
export interface AttemptLimits {
  readonly address: readonly AttemptWindow[];
  readonly accountAddress: Pauses;
  readonly account: AttemptWindow & { readonly pauseSeconds: number };
  /** Failures in a row until a password does not count any more. */
  readonly lock: number;
  readonly register: readonly AttemptWindow[];
  readonly token: readonly AttemptWindow[];
  readonly mailAccount: readonly AttemptWindow[];
  readonly mailAddress: readonly AttemptWindow[];
}

export function attemptLimits(env: Environment): AttemptLimits {
  const [failures = 0, firstSeconds = 0, longestSeconds = 0] = env.AUTH_LIMIT_ACCOUNT_ADDRESS;
  const [attempts = 0, seconds = 0, pauseSeconds = 0] = env.AUTH_LIMIT_ACCOUNT;
  return {
    address: env.AUTH_LIMIT_ADDRESS,
    accountAddress: { failures, firstSeconds, longestSeconds },
    account: { attempts, seconds, pauseSeconds },
    lock: env.AUTH_LIMIT_LOCK,
    register: env.AUTH_LIMIT_REGISTER,
    token: env.AUTH_LIMIT_TOKEN,
    mailAccount: env.AUTH_LIMIT_MAIL_ACCOUNT,
    mailAddress: env.AUTH_LIMIT_MAIL_ADDRESS,
  };
}
