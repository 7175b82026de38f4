import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import type { AuthConfig } from '../../../platform/config/config.ts';
import { configToken } from '../../../platform/config/config.module.ts';
import { LoginThrottle } from '../login-throttling/index.ts';
import { AuditService } from '../../audit/index.ts';
import { EmailLinksService } from '../../mail/index.ts';
import type { MfaRequired } from '../mfa/index.ts';
import { MfaChallengesService } from '../mfa/index.ts';
import type { FoundOneTimeToken } from '../one-time-tokens/index.ts';
import { OneTimeTokensService } from '../one-time-tokens/index.ts';
import type { TokenPair } from '../sessions/index.ts';
import { SessionsService } from '../sessions/index.ts';
import type { MailableAccount } from '../../users/index.ts';
import { UserEmailsService } from '../../users/index.ts';
import { InvalidToken, MagicLinksDisabled } from './auth.errors.ts';
import { OneTimeTokenVerifier } from './one-time-token-verifier.ts';

/** The method of a session that a magic link began (not in RFC 8176). */
const amr: readonly string[] = ['email'];

/** The cookie that binds a magic link to the browser that requested it. */
export const browserSecretName = 'magic-link';

const browserSecretPattern = /^[\w-]{43}$/;

/**
 * Login by magic link. A link works only in the browser that requested it: reading the email is not enough to log in,
 * and an attacker cannot log a user in to another account by sending them a link (login CSRF).
 */
@Injectable()
export class MagicLinksService {
  constructor(
    private readonly emails: UserEmailsService,
    private readonly links: EmailLinksService,
    private readonly oneTimeTokens: OneTimeTokensService,
    private readonly sessions: SessionsService,
    private readonly challenges: MfaChallengesService,
    private readonly throttle: LoginThrottle,
    private readonly tokenVerifier: OneTimeTokenVerifier,
    private readonly audit: AuditService,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  /** Lifetime of a link and of the browser secret, in seconds. */
  get ttlSeconds(): number {
    return this.config.magicLinkTtlSeconds;
  }

  get isEnabled(): boolean {
    return this.config.magicLinkEnabled;
  }

  /** @throws MagicLinksDisabled */
  assertEnabled(): void {
    if (!this.isEnabled) throw new MagicLinksDisabled();
  }

  /**
   * Sends a link to the account with this email address, if it is verified: a link must not open an account that an
   * attacker registered with another person's email address. Otherwise, and when the email limit of the recipient is
   * exceeded, the sending is simulated. Returns the browser secret.
   * @throws TooManyAttempts when the limit of the client's IP address is exceeded
   */
  async request(email: string): Promise<string> {
    const secret = randomBytes(32).toString('base64url');
    await this.mail(email, secret, await this.throttle.allowEmailTo('magic-link', email));
    return secret;
  }

  /**
   * Whether a link works in the browser with this secret. Without one nothing is known: browsers do not send the cookie
   * with a navigation from another site, such as webmail. Changes nothing.
   * @throws InvalidToken, TooManyAttempts
   */
  async inspect(token: string, browserSecret: string | undefined): Promise<FoundOneTimeToken | undefined> {
    if (browserSecret === undefined || !browserSecretPattern.test(browserSecret)) return undefined;
    return await this.tokenVerifier.inspect('magic-link', token, browserSecret);
  }

  /**
   * Consumes a link and creates a session, which counts as one factor and satisfies no step-up. Works while the password
   * is locked, and clears the failures of the account. If the account has a second factor, the session is created after
   * its verification (MfaLoginService).
   * @throws InvalidToken after the failure was recorded; also without the browser secret, or when the email address of
   *   the account has changed, or the account changed concurrently; TooManyAttempts
   */
  async verify(token: string, browserSecret: string | undefined): Promise<TokenPair | MfaRequired> {
    const secret = browserSecret !== undefined && browserSecretPattern.test(browserSecret) ? browserSecret : 'none';
    const { userId } = await this.tokenVerifier.verify('magic-link', token, secret);
    return await this.sessions.inTurn(userId, async () => await this.logIn(userId, token, secret));
  }

  private async logIn(userId: string, token: string, binding: string): Promise<TokenPair | MfaRequired> {
    const account = await this.consume(token, binding);
    if (account === undefined) return await this.reject(userId);
    const { email, version, mfaEnabled } = account;
    if (mfaEnabled) return await this.challenges.issue({ userId, email, userVersion: version, amr });
    const tokens = await this.sessions.create({ userId, email, version }, amr);
    if (tokens === undefined) return await this.reject(userId);
    await this.throttle.reset(email);
    return tokens;
  }

  @Transactional()
  private async mail(email: string, binding: string, emailAllowed: boolean): Promise<void> {
    const { account, refusal } = await this.emails.checkRecipient(emailAllowed, email);
    if (account?.isVerified !== true) {
      await this.links.simulateSend('magic-link', email, { binding });
      const details = refusal ?? { subjectId: account.id, reason: 'not verified' };
      await this.audit.recordFailure('authn_magic_link_requested', details);
      return;
    }
    await this.links.send('magic-link', { userId: account.id, email: account.email }, { binding });
    await this.audit.record('authn_magic_link_requested', { subjectId: account.id });
  }

  @Transactional()
  private async consume(token: string, binding: string): Promise<MailableAccount | undefined> {
    const subject = await this.oneTimeTokens.consume('magic-link', token, binding);
    if (subject === undefined) return undefined;
    const account = await this.emails.find(subject.email);
    return account?.isVerified === true && account.id === subject.userId ? account : undefined;
  }

  private async reject(subjectId: string): Promise<never> {
    await this.audit.recordFailure('authn_login_fail', { subjectId, reason: 'account changed meanwhile' });
    throw new InvalidToken();
  }
}
