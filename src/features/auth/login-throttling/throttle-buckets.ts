import { createHmac } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { AttemptWindow } from '../../../platform/config/variables/rate-limits.ts';
import type { AuthConfig, ServiceConfig } from '../../../platform/config/config.ts';
import { configToken } from '../../../platform/config/config.module.ts';
import { derivedKey } from '../../../platform/crypto/derived-key.ts';
import { clientNetwork, clientSite } from '../../../platform/validation/ip-network.ts';
import { normalizedEmail } from '../../../platform/validation/normalized-email.ts';
import { currentRequest } from '../../../platform/logging/request-context.ts';

const daySeconds = 86_400;

/** A client with the /56 of an IPv6 network has 256 times the addresses that /64 buckets count as one. */
const siteFactor = 8;

/** The name of the buckets for an account and one IP address; a partial index finds them by it. */
const accountIpName = 'login-account-ip';

/** How attempts are counted, and how many failures are allowed. */
export interface Bucket {
  /** The name in headers and logs; never contains an account or an IP address. */
  readonly name: string;
  /** What is counted, and against which client or account; the same in every process. */
  readonly key: string;
  /** The number of failures that are allowed; null only counts them. */
  readonly limit: number | null;
  /** How long failures are counted: from the first of them, or from the last one if the window slides. */
  readonly windowSeconds: number;
  readonly slides: boolean;
  /** Beyond the limit one attempt is allowed after each pause, which doubles; 0 rejects all until the window ends. */
  readonly backoffSeconds: number;
  readonly maxBackoffSeconds: number;
  /** Whether a successful attempt only releases its reservation or also clears the failures. */
  readonly onSuccess: 'refund' | 'clear';
  /** Whether a rejection may show the limit: for an IP address, but not for an account, which others must not probe. */
  readonly exposesLimit: boolean;
}

/** The kinds of email that clients can request. Each has its own bucket, so that one kind does not block another. */
export type EmailKind = 'email-change' | 'forgot' | 'magic-link' | 'register' | 'resend';

/** All buckets. Accounts are identified by an HMAC of their email address, whether or not the account exists. */
@Injectable()
export class ThrottleBuckets {
  private readonly key: Buffer;

  constructor(
    @Inject(configToken('auth')) private readonly config: AuthConfig,
    @Inject(configToken('service')) service: ServiceConfig,
  ) {
    this.key = derivedKey(service.secret, 'attempts');
  }

  /** Identifies the account of an email address, in buckets and in the queue of its attempts. */
  account(email: string): string {
    return createHmac('sha256', this.key).update(normalizedEmail(email)).digest('base64url');
  }

  /** For attempts to authenticate with credentials: login, password change, step-up. */
  credentials(email: string): Bucket[] {
    return [...this.refresh(), ...this.ofAccount(email)];
  }

  /** For the IP address of the client; logins and refreshes share these buckets. */
  refresh(): Bucket[] {
    return ofClient('login-ip', this.config.throttleLimits.ip);
  }

  /** For the second factor of a user, from all IP addresses; a valid password does not clear it. */
  mfa(userId: string): Bucket[] {
    return [
      ...this.refresh(),
      ...this.config.throttleLimits.mfa.map((window) => windowed('login-mfa', userId, window, false)),
      this.consecutiveMfaFailures(userId),
    ];
  }

  /** Consecutive invalid codes of a user from all IP addresses; expires 30 days after the last one. */
  consecutiveMfaFailures(userId: string): Bucket {
    return consecutive('login-mfa-consecutive', userId);
  }

  /** Consecutive failures at an account from all IP addresses; expires 30 days after the last one. */
  consecutiveFailures(email: string): Bucket {
    return consecutive('login-consecutive', this.account(email));
  }

  registration(): Bucket[] {
    return ofClient('register', this.config.throttleLimits.registration);
  }

  oneTimeToken(): Bucket[] {
    return ofClient('token', this.config.throttleLimits.oneTimeToken);
  }

  apiKey(ip: string): Bucket[] {
    return ofClient('api-key', this.config.throttleLimits.apiKey, ip);
  }

  /** Per kind, and for all kinds together that an unauthenticated client can request. */
  emailTo(kind: EmailKind, email: string): Bucket[] {
    const { emailPerRecipient, emailPerRecipientTotal } = this.config.throttleLimits;
    const recipient = this.account(email);
    const total = kind === 'email-change' ? [] : emailPerRecipientTotal;
    return [
      ...emailPerRecipient.map((window) => windowed(`mail-to-${kind}`, recipient, window, false)),
      ...total.map((window) => windowed('mail-to', recipient, window, false)),
    ];
  }

  emailFrom(): Bucket[] {
    return ofClient('mail-from', this.config.throttleLimits.emailPerIp);
  }

  /** The prefix of the keys of an account's buckets for one IP address each. */
  accountIpPrefix(email: string): string {
    return `${accountIpName}:${daySeconds}:${this.account(email)}:`;
  }

  /** For an account, from all IP addresses and from the client's one. */
  ofAccount(email: string): Bucket[] {
    const { accountIp, account } = this.config.throttleLimits;
    const name = this.account(email);
    const { failures: attempts, firstSeconds, longestSeconds } = accountIp;
    return [
      {
        ...windowed(accountIpName, `${name}:${network()}`, { attempts, seconds: daySeconds }, false),
        slides: true,
        backoffSeconds: firstSeconds,
        maxBackoffSeconds: longestSeconds,
        onSuccess: 'clear',
      },
      {
        ...windowed('login-account', name, account, false),
        backoffSeconds: account.backoffSeconds,
        maxBackoffSeconds: account.backoffSeconds,
      },
      this.consecutiveFailures(email),
    ];
  }
}

/** A bucket whose window begins with the first failure and rejects everything beyond its limit until it ends. */
function windowed(name: string, subject: string, { attempts, seconds }: AttemptWindow, exposesLimit: boolean): Bucket {
  return {
    name,
    key: `${name}:${seconds}:${subject}`,
    limit: attempts,
    windowSeconds: seconds,
    slides: false,
    backoffSeconds: 0,
    maxBackoffSeconds: 0,
    onSuccess: 'refund',
    exposesLimit,
  };
}

/** A bucket that counts failures without a limit until a success. */
function consecutive(name: string, subject: string): Bucket {
  const window = { attempts: 0, seconds: 30 * daySeconds };
  return { ...windowed(name, subject, window, false), limit: null, slides: true, onSuccess: 'clear' };
}

/** For the network of the client, and for its /56 of IPv6 at a multiple of the limit. */
function ofClient(name: string, windows: readonly AttemptWindow[], ip = currentRequest()?.ip ?? ''): Bucket[] {
  const site = clientSite(ip);
  const ofNetwork = windows.map((window) => windowed(name, clientNetwork(ip), window, true));
  if (site === undefined) return ofNetwork;
  const widened = windows.map(({ attempts, seconds }) => ({ attempts: attempts * siteFactor, seconds }));
  return [...ofNetwork, ...widened.map((window) => windowed(name, site, window, true))];
}

function network(): string {
  return clientNetwork(currentRequest()?.ip ?? '');
}
