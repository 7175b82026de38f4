import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import { AttemptsService } from '../attempts/attempts.service.ts';
import { AuditService } from '../audit/audit.service.ts';
import { MailService } from '../mail/mail.service.ts';
import { MailedLinksService } from '../mail/mailed-links.service.ts';
import { MailedTokensService } from '../mail/mailed-tokens.service.ts';
import type { TokenPair } from '../sessions/sessions.service.ts';
import { InvalidRefreshToken } from '../sessions/sessions.errors.ts';
import { SessionsService } from '../sessions/sessions.service.ts';
import { AccountsService } from '../users/accounts.service.ts';
import type { Credentials } from '../users/credentials.service.ts';
import { CredentialsService } from '../users/credentials.service.ts';
import { EmailNotVerified, InvalidCredentials, InvalidToken } from './auth.errors.ts';
import { PasswordCheck } from './password-check.ts';
import { PasswordHasher } from './password-hasher.ts';
import { PasswordPolicy } from './password-policy.ts';
import { PasswordUpgrade } from './password-upgrade.ts';
import { TokenChecksService } from './token-checks.service.ts';

/** What somebody registers with. */
export interface Registration {
  readonly email: string;
  readonly password: string;
  readonly displayName?: string;
}

/** What is found out of a registration ahead of its transaction. */
interface Prepared {
  readonly passwordHash: string;
  /** Whether its address may be mailed once more. */
  readonly mayMail: boolean;
}

/** From a stranger to a session, and out again. */
@Injectable()
export class AuthService {
  constructor(
    private readonly accounts: AccountsService,
    private readonly sessions: SessionsService,
    private readonly credentials: CredentialsService,
    private readonly hasher: PasswordHasher,
    private readonly policy: PasswordPolicy,
    private readonly passwords: PasswordCheck,
    private readonly upgrade: PasswordUpgrade,
    private readonly attempts: AttemptsService,
    private readonly tokenChecks: TokenChecksService,
    private readonly mailedTokens: MailedTokensService,
    private readonly mail: MailService,
    private readonly links: MailedLinksService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Makes an account and promises the verification mail, or promises a mail that says there is one already. When an
   * account that nobody has verified is registered again, one of the two may be an attacker who waits for the other to
   * confirm it: it loses its password, and the mail leads to where its reader chooses one. The caller can't tell which
   * happened: the hash is computed either way (ASVS 6.3.8). Nor when the address has had enough such mails: then no more
   * are sent, and no link that was is void. Each registration counts against the address that it comes from.
   * @throws WeakPassword, HashingOverloaded, TooManyAttempts, AttemptsCrowded
   */
  async register(registration: Registration): Promise<void> {
    await this.attempts.make(this.attempts.buckets.registration(), async () => {
      await this.policy.check(registration.password, '#/password', registration);
      const passwordHash = await this.hasher.hash(registration.password);
      const mayMail = await this.attempts.mayReach('register', registration.email);
      await this.storeAccount(registration, { passwordHash, mayMail });
      return { counts: true, result: undefined };
    });
  }

  /**
   * Spends a mailed token on proving its address.
   * @throws InvalidToken, TooManyAttempts, AttemptsCrowded
   */
  async verifyEmail(token: string): Promise<void> {
    const spend = await this.prepareVerification(token);
    await spend();
  }

  /**
   * Does what of a verification must not happen in a transaction, and returns the rest.
   * @throws InvalidToken, TooManyAttempts, AttemptsCrowded
   */
  async prepareVerification(token: string): Promise<() => Promise<void>> {
    await this.tokenChecks.demandUsable('verify-email', token);
    return async () => {
      await this.spendVerification(token);
    };
  }

  @Transactional()
  private async spendVerification(token: string): Promise<void> {
    const subject = await this.mailedTokens.consume('verify-email', token);
    if (subject === undefined) throw new InvalidToken();
    if (!(await this.accounts.confirmEmail(subject.userId, subject.address))) throw new InvalidToken();
  }

  /**
   * Begins a session, if the account is still what it was when the password was checked. Round trips: three of the
   * password's check, and six of the transaction that stores the session and finds that out.
   * @throws InvalidCredentials, EmailNotVerified, both after the refusal was recorded; TooManyAttempts, AttemptsCrowded,
   * HashingOverloaded
   */
  async login(email: string, password: string): Promise<TokenPair> {
    const find = async (): Promise<Credentials | undefined> => await this.credentials.findByEmail(email);
    const account = await this.passwords.prove({ email, password, find });
    if (account === undefined) throw new InvalidCredentials();
    if (account.emailVerifiedAt === null) {
      await this.audit.refuse('authn_login_fail', { subjectId: account.id, reason: 'e-mail address not verified' });
      throw new EmailNotVerified();
    }
    const tokens = await this.enter(account, password);
    if (tokens !== undefined) return tokens;
    await this.audit.refuse('authn_login_fail', { subjectId: account.id, reason: 'account changed meanwhile' });
    throw new InvalidCredentials();
  }

  /**
   * Exchanges a refresh token for its child; one that is no good counts against its address. That takes two round trips
   * beside those of the exchange.
   * @throws InvalidRefreshToken, TooManyAttempts, AttemptsCrowded
   */
  async refresh(refreshToken: string): Promise<TokenPair> {
    const { result } = await this.attempts.make(this.attempts.buckets.refresh(), async () => {
      const tokens = await this.exchange(refreshToken);
      return { counts: tokens === undefined, result: tokens };
    });
    if (result === undefined) throw new InvalidRefreshToken();
    return result;
  }

  /** Ends the sessions that are named; whichever is unknown or over already changes nothing. */
  async logout(sessionId: string | undefined, refreshToken: string | undefined): Promise<void> {
    if (sessionId !== undefined) await this.sessions.end(sessionId, 'logout');
    if (refreshToken !== undefined) await this.sessions.endByRefreshToken(refreshToken, 'logout');
  }

  /** Two logins at once may both renew the hash: whoever comes second has proved the same password all the same. */
  private async enter(account: Credentials, password: string): Promise<TokenPair | undefined> {
    const proven = await this.upgrade.afterLogin(account, password);
    const tokens = await this.begin(proven);
    if (tokens !== undefined) return tokens;
    const renewed = await this.upgrade.byAnother(proven, password);
    return renewed && (await this.begin(renewed));
  }

  private async begin({ id: userId, passwordHash }: Credentials): Promise<TokenPair | undefined> {
    return await this.sessions.begin({ userId, passwordHash }, ['pwd']);
  }

  @Transactional()
  private async storeAccount({ email, displayName }: Registration, { passwordHash, mayMail }: Prepared): Promise<void> {
    const user = { id: uuidv7(), email, displayName: displayName ?? null, passwordHash, roles: ['user'] };
    if (await this.accounts.create(user, 'registered')) {
      // What is asked of a taken address, asked of none: see tellOwner.
      await this.accounts.claim('', 'registered again', mayMail);
      await this.links.send('verify-email', { userId: user.id, address: email });
      return;
    }
    const claimed = await this.accounts.claim(email, 'registered again', mayMail);
    if (claimed?.disowned === undefined) {
      await this.tellOwner(email, claimed?.ownerId, mayMail);
      return;
    }
    const { id: userId, email: address } = claimed.disowned;
    await this.links.send('invitation', { userId, address }, { letter: 'choose-password' });
  }

  /** Statement by statement as much as making an account: how long it takes tells nobody that there is one (ASVS 6.3.8). */
  private async tellOwner(email: string, ownerId: string | undefined, mayMail: boolean): Promise<void> {
    if (mayMail) {
      await this.links.pretendToken('verify-email', email);
      await this.mail.promise('account-exists', email);
    } else await this.links.pretend('verify-email', email);
    await this.audit.refuse('user_created', {
      ...(ownerId === undefined ? {} : { subjectId: ownerId }),
      reason: `address taken ${this.audit.pseudonym(email)}`,
    });
  }

  private async exchange(refreshToken: string): Promise<TokenPair | undefined> {
    try {
      return await this.sessions.refresh(refreshToken);
    } catch (error) {
      if (error instanceof InvalidRefreshToken) return undefined;
      throw error;
    }
  }
}
