import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import type { AuthConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { AttemptsService } from '../attempts/attempts.service.ts';
import { AuditService } from '../audit/audit.service.ts';
import { MailedLinksService } from '../mail/mailed-links.service.ts';
import { MailedTokensService } from '../mail/mailed-tokens.service.ts';
import type { TokenPair } from '../sessions/sessions.service.ts';
import { SessionsService } from '../sessions/sessions.service.ts';
import type { MailableAccount } from '../users/user-emails.service.ts';
import { UserEmailsService } from '../users/user-emails.service.ts';
import { InvalidToken, MagicLinksOff } from './auth.errors.ts';
import { TokenChecksService } from './token-checks.service.ts';

/** What the browser that asks for a link keeps until it is opened. */
export const browserSecretName = 'magic-link';

const browserSecretPattern = /^[\w-]{43}$/;

/**
 * Login by a mailed link. The link works in the browser that has asked for it and in no other: neither is it enough to
 * read somebody's mail, nor can somebody be made to log in as another by being sent a link.
 */
@Injectable()
export class MagicLinksService {
  constructor(
    private readonly emails: UserEmailsService,
    private readonly links: MailedLinksService,
    private readonly mailedTokens: MailedTokensService,
    private readonly sessions: SessionsService,
    private readonly attempts: AttemptsService,
    private readonly tokenChecks: TokenChecksService,
    private readonly audit: AuditService,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  /** How long a link works, and the browser's secret with it. */
  get ttlSeconds(): number {
    return this.config.magicLinkTtlSeconds;
  }

  /** @throws MagicLinksOff */
  expectOn(): void {
    if (!this.config.magicLink) throw new MagicLinksOff();
  }

  /**
   * Mails a link to the account with this address, if the address is verified: a link must not be the way in for who has
   * registered somebody else's. For every other address the same is done to no effect, and so it is when the account has
   * had enough mails. Returns the browser's secret.
   * @throws TooManyAttempts when the caller's address has asked too often
   */
  async request(email: string): Promise<string> {
    const secret = randomBytes(32).toString('base64url');
    await this.mail(email, secret, await this.attempts.mayMail('magic-link', email));
    return secret;
  }

  /**
   * Spends a link on a session, which counts as one factor and satisfies no step-up.
   * @throws InvalidToken after the refusal was recorded; also without the browser's secret, or when the account has
   *   another address by now, or was changed while the session began; TooManyAttempts, AttemptsCrowded
   */
  async verify(token: string, browserSecret: string | undefined): Promise<TokenPair> {
    const secret = browserSecret !== undefined && browserSecretPattern.test(browserSecret) ? browserSecret : 'none';
    const subject = await this.tokenChecks.demandUsable('magic-link', token, secret);
    const account = await this.spend(token, secret);
    if (account === undefined) return await this.refuse(subject.userId);
    const { id: userId, email: address, version } = account;
    const tokens = await this.sessions.begin({ userId, address, version }, ['email']);
    return tokens ?? (await this.refuse(userId));
  }

  @Transactional()
  private async mail(email: string, binding: string, mayMail: boolean): Promise<void> {
    const { account, refusal } = await this.emails.ask(mayMail, email);
    if (account?.isVerified !== true) {
      await this.links.pretend('magic-link', email, { binding });
      const details = refusal ?? { subjectId: account.id, reason: 'not verified' };
      await this.audit.refuse('authn_magic_link_requested', details);
      return;
    }
    await this.links.send('magic-link', { userId: account.id, address: account.email }, { binding });
    await this.audit.record('authn_magic_link_requested', { subjectId: account.id });
  }

  @Transactional()
  private async spend(token: string, binding: string): Promise<MailableAccount | undefined> {
    const subject = await this.mailedTokens.consume('magic-link', token, binding);
    if (subject === undefined) return undefined;
    const account = await this.emails.find(subject.address);
    return account?.isVerified === true && account.id === subject.userId ? account : undefined;
  }

  private async refuse(subjectId: string): Promise<never> {
    await this.audit.refuse('authn_login_fail', { subjectId, reason: 'account changed meanwhile' });
    throw new InvalidToken();
  }
}
