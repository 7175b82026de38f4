import { Inject, Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import type { AuthConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { AuditService } from '../audit/audit.service.ts';
import { MailService } from '../mail/mail.service.ts';
import type { MailedTokenPurpose, MailedTokenSubject } from '../mail/mailed-tokens.service.ts';
import { MailedTokensService } from '../mail/mailed-tokens.service.ts';
import type { TokenPair } from '../sessions/sessions.service.ts';
import { SessionsService } from '../sessions/sessions.service.ts';
import { AccountsService } from '../users/accounts.service.ts';
import { EmailNotVerified, InvalidCredentials, InvalidToken } from './auth.errors.ts';
import { PasswordHasher } from './password-hasher.ts';
import { PasswordPolicy } from './password-policy.ts';

/** What somebody registers with. */
export interface Registration {
  readonly email: string;
  readonly password: string;
  readonly displayName?: string;
}

/** From a stranger to a session, and out again. */
@Injectable()
export class AuthService {
  constructor(
    private readonly accounts: AccountsService,
    private readonly sessions: SessionsService,
    private readonly credentials: PasswordHasher,
    private readonly policy: PasswordPolicy,
    private readonly mailedTokens: MailedTokensService,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  /**
   * Makes an account and promises the verification mail, or promises a mail that says there is one already. When an
   * account that nobody has verified is registered again, one of the two may be an attacker who waits for the other to
   * confirm it: it loses its password, and the mail leads to where its reader chooses one. The caller can't tell which
   * happened: the hash is computed either way (ASVS 6.3.8).
   * @throws WeakPassword
   */
  async register(registration: Registration): Promise<void> {
    this.policy.check(registration.password, '#/password');
    const passwordHash = await this.credentials.hash(registration.password);
    await this.storeAccount(registration, passwordHash);
  }

  /**
   * Spends a mailed token on proving its address.
   * @throws InvalidToken
   */
  @Transactional()
  async verifyEmail(token: string): Promise<void> {
    const subject = await this.mailedTokens.consume('verify-email', token);
    if (subject === undefined) throw new InvalidToken();
    if (!(await this.accounts.confirmEmail(subject.userId, subject.address))) throw new InvalidToken();
  }

  /**
   * Begins a session.
   * @throws InvalidCredentials, EmailNotVerified, both after the refusal was recorded
   */
  async login(email: string, password: string): Promise<TokenPair> {
    const account = await this.accounts.findCredentials(email);
    const matches = await this.credentials.matches(password, account?.passwordHash);
    if (account === undefined || !matches || account.disabledAt !== null) {
      await this.recordRefusal(email, account?.id, matches ? 'disabled' : 'wrong password');
      throw new InvalidCredentials();
    }
    if (account.emailVerifiedAt === null) {
      await this.recordRefusal(email, account.id, 'e-mail address not verified');
      throw new EmailNotVerified();
    }
    return await this.sessions.begin(account.id, ['pwd']);
  }

  /** Ends the sessions that are named; whichever is unknown or over already changes nothing. */
  async logout(sessionId: string | undefined, refreshToken: string | undefined): Promise<void> {
    if (sessionId !== undefined) await this.sessions.end(sessionId, 'logout');
    if (refreshToken !== undefined) await this.sessions.endByRefreshToken(refreshToken, 'logout');
  }

  @Transactional()
  private async storeAccount({ email, displayName }: Registration, passwordHash: string): Promise<void> {
    const user = { id: uuidv7(), email, displayName: displayName ?? null, passwordHash, roles: ['user'] };
    if (await this.accounts.create(user, 'registered')) {
      await this.promiseLink('verify-email', { userId: user.id, address: email });
      return;
    }
    const userId = await this.accounts.disown(email, 'registered again');
    if (userId === undefined) await this.mail.promise('account-exists', email);
    else await this.promiseLink('invitation', { userId, address: email });
  }

  private async promiseLink(purpose: MailedTokenPurpose, subject: MailedTokenSubject): Promise<void> {
    const tokenId = await this.mailedTokens.issue(purpose, subject, this.config.verifyTokenTtlSeconds);
    await this.mail.promise(purpose === 'invitation' ? 'choose-password' : 'verify-email', subject.address, tokenId);
  }

  private async recordRefusal(email: string, userId: string | undefined, reason: string): Promise<void> {
    if (userId !== undefined) await this.audit.refuse('authn_login_fail', { subjectId: userId, reason });
    else await this.audit.refuse('authn_login_fail', { reason: `unknown account ${this.audit.pseudonym(email)}` });
  }
}
