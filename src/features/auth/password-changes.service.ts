import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AuditService } from '../audit/audit.service.ts';
import { MailService } from '../mail/mail.service.ts';
import type { TokenPair } from '../sessions/sessions.service.ts';
import { SessionsService } from '../sessions/sessions.service.ts';
import type { Credentials } from '../users/credentials.service.ts';
import { CredentialsService } from '../users/credentials.service.ts';
import { CurrentPasswordInvalid, InvalidCredentials } from './auth.errors.ts';
import { PasswordCheck } from './password-check.ts';
import { PasswordHasher } from './password-hasher.ts';
import { PasswordPolicy } from './password-policy.ts';

/** The user who asks, and the session they ask in. */
interface Caller {
  readonly userId: string;
  readonly sessionId: string;
}

export interface PasswordChange {
  readonly currentPassword: string;
  readonly newPassword: string;
}

/** A password that its owner replaces, knowing the old one (ASVS 6.2.3). */
@Injectable()
export class PasswordChangesService {
  constructor(
    private readonly credentials: CredentialsService,
    private readonly sessions: SessionsService,
    private readonly passwords: PasswordCheck,
    private readonly policy: PasswordPolicy,
    private readonly hasher: PasswordHasher,
    private readonly mail: MailService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Sets a new password. All sessions end; the caller's goes on as another one, as old and as strong as it was, so that its
   * earlier tokens are worth nothing. Both passwords are hashed ahead of the transaction.
   * @throws CurrentPasswordInvalid, WeakPassword, HashingOverloaded, TooManyAttempts, AttemptsCrowded; InvalidCredentials
   * when the caller's session has ended meanwhile
   */
  async change(caller: Caller, { currentPassword, newPassword }: PasswordChange): Promise<TokenPair> {
    const account = await this.credentials.findById(caller.userId);
    if (account === undefined) throw new InvalidCredentials();
    const find = async (): Promise<Credentials | undefined> => await this.credentials.findById(account.id);
    const proven = await this.passwords.prove({ email: account.email, password: currentPassword, find });
    if (proven === undefined) throw new CurrentPasswordInvalid();
    await this.policy.check(newPassword, '#/newPassword', proven);
    await this.sessions.prepare();
    const tokens = await this.store(caller, proven, await this.hasher.hash(newPassword));
    if (tokens !== undefined) return tokens;
    await this.audit.refuse('authn_login_fail', { subjectId: proven.id, reason: 'account changed meanwhile' });
    throw new CurrentPasswordInvalid();
  }

  @Transactional()
  private async store(caller: Caller, proven: Credentials, passwordHash: string): Promise<TokenPair | undefined> {
    // Of two changes at once the second has not shown the password that it would replace.
    if (!(await this.credentials.replace(proven, passwordHash))) return undefined;
    const tokens = await this.sessions.replaceAllOf(caller.userId, caller.sessionId, 'password_changed');
    if (tokens === undefined) throw new InvalidCredentials();
    await this.mail.promise('password-changed', proven.email);
    return tokens;
  }
}
