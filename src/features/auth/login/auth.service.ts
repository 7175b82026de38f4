import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import type { Language } from '../../../platform/i18n/language.ts';
import { requestLanguage } from '../../../platform/i18n/language.ts';
import { AuditService } from '../../audit/index.ts';
import { EmailLinksService, MailService } from '../../mail/index.ts';
import type { Credentials } from '../../users/index.ts';
import { AccountsService } from '../../users/index.ts';
import { LoginThrottle } from '../login-throttling/index.ts';
import type { MfaRequired } from '../mfa/index.ts';
import { MfaChallengesService } from '../mfa/index.ts';
import { OneTimeTokensService } from '../one-time-tokens/index.ts';
import { PasswordHasher, PasswordPolicy } from '../passwords/index.ts';
import type { TokenPair } from '../sessions/index.ts';
import { InvalidRefreshToken, RefreshTokensService, SessionsService } from '../sessions/index.ts';
import { InvalidCredentials, InvalidToken } from './auth.errors.ts';
import { CredentialVerifier } from './credential-verifier.ts';
import { OneTimeTokenVerifier } from './one-time-token-verifier.ts';
import { PasswordRehasher } from './password-rehasher.ts';

export interface Registration {
  readonly email: string;
  readonly password: string;
  readonly displayName?: string;
  /** The language that was chosen; by default the one that the client prefers. */
  readonly locale?: Language;
}

/** The parts of a registration that are determined before its transaction. */
interface PreparedRegistration {
  readonly passwordHash: string;
  /** Whether another email to this recipient is within the limit. */
  readonly emailAllowed: boolean;
}

/** Registration, email verification, login, token refresh and logout. */
@Injectable()
export class AuthService {
  constructor(
    private readonly accounts: AccountsService,
    private readonly sessions: SessionsService,
    private readonly refreshTokens: RefreshTokensService,
    private readonly hasher: PasswordHasher,
    private readonly policy: PasswordPolicy,
    private readonly verifier: CredentialVerifier,
    private readonly rehasher: PasswordRehasher,
    private readonly challenges: MfaChallengesService,
    private readonly throttle: LoginThrottle,
    private readonly tokenVerifier: OneTimeTokenVerifier,
    private readonly oneTimeTokens: OneTimeTokensService,
    private readonly mail: MailService,
    private readonly links: EmailLinksService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Creates an account and enqueues the verification email, or enqueues an email that an account exists already. When
   * an unverified account is registered again, one of the two clients may be an attacker who waits for the other to
   * verify the email address: the account loses its password, and the email leads to a page where a new one is set.
   *
   * The response and its time are the same in each case (PadResponseTime), and the hash is always computed, because the
   * load of the machine would reveal a missing one (ASVS 6.3.8). When the email limit of the recipient is exceeded, no
   * email is sent and no earlier link is revoked. Each registration counts against the IP address of the client.
   * @throws WeakPassword, PasswordHashingOverloaded, TooManyAttempts, AttemptsInProgress
   */
  async register(registration: Registration): Promise<void> {
    await using attempt = await this.throttle.reserve(this.throttle.buckets.registration());
    await this.policy.check(registration.password, 'password', registration);
    const passwordHash = await this.hasher.hash(registration.password);
    const emailAllowed = await this.throttle.allowRecipient('register', registration.email);
    await this.storeAccount(registration, { passwordHash, emailAllowed });
    await attempt.count();
  }

  /**
   * Consumes a one-time token and verifies the email address that it was sent to.
   * @throws InvalidToken, TooManyAttempts
   */
  async verifyEmail(token: string): Promise<void> {
    const consume = await this.prepareVerification(token);
    await consume();
  }

  /**
   * Verifies a one-time token, which must not happen in a transaction. Returns the function that consumes it.
   * @throws InvalidToken, TooManyAttempts
   */
  async prepareVerification(token: string): Promise<() => Promise<void>> {
    await this.tokenVerifier.verify('verify-email', token);
    return async () => {
      await this.consumeVerification(token);
    };
  }

  /**
   * Creates a session if the account is unchanged since its password was verified. If the account has a second factor,
   * the session is created after its verification (MfaLoginService). Round trips: three to verify the
   * password, and six of the transaction that compares the account and stores the session.
   * @throws InvalidCredentials after the failure was recorded; TooManyAttempts, AttemptsInProgress,
   *   PasswordHashingOverloaded
   */
  async login(email: string, password: string): Promise<TokenPair | MfaRequired> {
    const account = await this.verifier.verify({ email, password });
    if (account === undefined) throw new InvalidCredentials();
    if (account.mfaEnabled) return await this.requireSecondFactor(account, password);
    const tokens = await this.startSession(account, password);
    if (tokens === undefined) {
      await this.recordFailure(account, 'account changed meanwhile');
      throw new InvalidCredentials();
    }
    return tokens;
  }

  /**
   * Exchanges a refresh token for its successor. An invalid one counts against the IP address of the client; a valid
   * one is exchanged whatever the limit, so that failures of other clients at this IP address never end a session.
   * @throws InvalidRefreshToken; TooManyAttempts instead of it when the limit is exceeded
   */
  async refresh(refreshToken: string): Promise<TokenPair> {
    try {
      return await this.refreshTokens.refresh(refreshToken);
    } catch (error) {
      if (error instanceof InvalidRefreshToken) await this.throttle.count(this.throttle.buckets.refresh());
      throw error;
    }
  }

  /** Revokes the given sessions; unknown and ended ones are ignored. */
  async logout(sessionId: string | undefined, refreshToken: string | undefined): Promise<void> {
    if (sessionId !== undefined) await this.sessions.revoke(sessionId, 'logout');
    if (refreshToken !== undefined) await this.sessions.revokeByRefreshToken(refreshToken, 'logout');
  }

  private async requireSecondFactor(account: Credentials, password: string): Promise<MfaRequired> {
    const { id: userId, email, version: userVersion } = await this.rehasher.rehashIfOutdated(account, password);
    return await this.challenges.issue({ userId, email, userVersion, amr: ['pwd'] });
  }

  /** Two concurrent logins may both rehash the password; the second one has verified the same password. */
  private async startSession(account: Credentials, password: string): Promise<TokenPair | undefined> {
    const verified = await this.rehasher.rehashIfOutdated(account, password);
    const tokens = await this.createSession(verified);
    if (tokens !== undefined) return tokens;
    const rehashed = await this.rehasher.reloadIfRehashedConcurrently(verified, password);
    return rehashed && (await this.createSession(rehashed));
  }

  private async createSession({ id: userId, passwordHash }: Credentials): Promise<TokenPair | undefined> {
    return await this.sessions.inTurn(
      userId,
      async () => await this.sessions.create({ userId, passwordHash }, ['pwd']),
    );
  }

  private async recordFailure({ id: subjectId }: Credentials, reason: string): Promise<void> {
    await this.audit.recordFailure('authn_login_fail', { subjectId, reason });
  }

  @Transactional()
  private async consumeVerification(token: string): Promise<void> {
    const subject = await this.oneTimeTokens.consume('verify-email', token);
    if (subject === undefined) throw new InvalidToken();
    if (!(await this.accounts.confirmEmail(subject.userId, subject.email))) throw new InvalidToken();
  }

  @Transactional()
  private async storeAccount(
    { email, displayName, locale = requestLanguage() }: Registration,
    { passwordHash, emailAllowed }: PreparedRegistration,
  ): Promise<void> {
    const user = { id: uuidv7(), email, displayName: displayName ?? null, locale, passwordHash, roles: ['user'] };
    if (await this.accounts.create(user, 'registered')) {
      await this.links.send('verify-email', { userId: user.id, email });
      return;
    }
    const claimed = await this.accounts.claimEmail(email, 'registered again', emailAllowed);
    if (claimed?.reclaimed === undefined) {
      await this.notifyExistingOwner(email, claimed?.ownerId, emailAllowed);
      return;
    }
    const { id: userId, email: reclaimedEmail } = claimed.reclaimed;
    await this.links.send('invitation', { userId, email: reclaimedEmail }, { template: 'choose-password' });
  }

  private async notifyExistingOwner(email: string, ownerId: string | undefined, emailAllowed: boolean): Promise<void> {
    if (emailAllowed) await this.mail.enqueue('account-exists', email);
    else await this.links.simulateSend('verify-email', email);
    await this.audit.recordFailure('user_created', {
      ...(ownerId === undefined ? {} : { subjectId: ownerId }),
      reason: `email address taken ${this.audit.pseudonymize(email)}`,
    });
  }
}
