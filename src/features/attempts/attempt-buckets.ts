import { createHmac } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { AttemptWindow } from '../../config/attempt-limits.ts';
import type { AuthConfig, ServiceConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { derivedKey } from '../../config/derived-key.ts';
import { clientNetwork } from '../../logging/client-network.ts';
import { currentRequest } from '../../logging/request-context.ts';
import { normalizedEmail } from '../users/credentials.service.ts';
import type { Bucket } from './attempt.ts';

const daySeconds = 86_400;

/** What mails are asked for, each counted for itself: asking for one must not keep another from being sent. */
export type MailKind = 'email-change' | 'forgot' | 'magic-link' | 'register' | 'resend';

/** The buckets there are. Accounts are told apart by an HMAC of their address, whether anybody has it or not. */
@Injectable()
export class AttemptBuckets {
  private readonly key: Buffer;

  constructor(
    @Inject(configToken('auth')) private readonly config: AuthConfig,
    @Inject(configToken('service')) service: ServiceConfig,
  ) {
    this.key = derivedKey(service.secret ?? '', 'attempts');
  }

  /** The name of an account's line: those who guess at it wait for each other. */
  account(email: string): string {
    return createHmac('sha256', this.key).update(normalizedEmail(email)).digest('base64url');
  }

  /** Whoever shows what an account is entered with: a login, a change of password, a step-up. */
  credentials(email: string): Bucket[] {
    return [...this.refresh(), ...this.ofAccount(email)];
  }

  /** Failures of a login and of a refresh count for the address that they come from. */
  refresh(): Bucket[] {
    return this.config.limits.address.map((window) => windowed('login-address', network(), window, true));
  }

  /** The failures of an account in a row, from anywhere; forgotten after a month without any. */
  inARow(email: string): Bucket {
    const seconds = 30 * daySeconds;
    return {
      ...windowed('login-row', this.account(email), { attempts: 0, seconds }, false),
      limit: null,
      slides: true,
      onSuccess: 'clear',
    };
  }

  registration(): Bucket[] {
    return this.config.limits.register.map((window) => windowed('register', network(), window, true));
  }

  mailedToken(): Bucket[] {
    return this.config.limits.token.map((window) => windowed('token', network(), window, true));
  }

  mailTo(kind: MailKind, email: string): Bucket[] {
    return this.config.limits.mailAccount.map((window) =>
      windowed(`mail-to-${kind}`, this.account(email), window, false),
    );
  }

  mailFrom(): Bucket[] {
    return this.config.limits.mailAddress.map((window) => windowed('mail-from', network(), window, true));
  }

  /** What counts against an account, wherever it comes from, and from here. */
  ofAccount(email: string): Bucket[] {
    const { accountAddress, account } = this.config.limits;
    const name = this.account(email);
    const { failures: attempts, firstSeconds, longestSeconds } = accountAddress;
    return [
      {
        ...windowed('login-account-address', `${name}:${network()}`, { attempts, seconds: daySeconds }, false),
        slides: true,
        pauseSeconds: firstSeconds,
        longestPauseSeconds: longestSeconds,
        onSuccess: 'clear',
      },
      {
        ...windowed('login-account', name, account, false),
        pauseSeconds: account.pauseSeconds,
        longestPauseSeconds: account.pauseSeconds,
      },
      this.inARow(email),
    ];
  }
}

/** So many failures in a window that begins with the first one; then nothing until it has ended. */
function windowed(name: string, whose: string, { attempts, seconds }: AttemptWindow, isTold: boolean): Bucket {
  return {
    name,
    key: `${name}:${seconds}:${whose}`,
    limit: attempts,
    windowSeconds: seconds,
    slides: false,
    pauseSeconds: 0,
    longestPauseSeconds: 0,
    onSuccess: 'refund',
    isTold,
  };
}

function network(): string {
  return clientNetwork(currentRequest()?.ip ?? '');
}
