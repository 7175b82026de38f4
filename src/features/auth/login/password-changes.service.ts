import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AuditService } from '../../audit/index.ts';
import { MailService } from '../../mail/index.ts';
import type { TokenPair } from '../sessions/index.ts';
import { SessionsService } from '../sessions/index.ts';
import type { Credentials } from '../../users/index.ts';
import { CredentialsService } from '../../users/index.ts';
import { InvalidCurrentPassword, InvalidCredentials } from './auth.errors.ts';
import { CredentialVerifier } from './credential-verifier.ts';
import { PasswordHasher, PasswordPolicy } from '../passwords/index.ts';

/** The user and the session of the request. */
interface Caller {
  readonly userId: string;
  readonly sessionId: string;
}

export interface PasswordChange {
  readonly currentPassword: string;
  readonly newPassword: string;
}

/** Password changes that require the current password (ASVS 6.2.3). */
@Injectable()
export class PasswordChangesService {
  constructor(
    private readonly credentials: CredentialsService,
    private readonly sessions: SessionsService,
    private readonly verifier: CredentialVerifier,
    private readonly policy: PasswordPolicy,
    private readonly hasher: PasswordHasher,
    private readonly mail: MailService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Sets a new password and revokes all sessions. The caller's session is replaced by a new one with the same
   * authentication time, methods and expiry. Both passwords are hashed before the transaction.
   * @throws InvalidCurrentPassword, WeakPassword, PasswordHashingOverloaded, TooManyAttempts, AttemptsInProgress;
   *   InvalidCredentials when the caller's session was revoked during the request
   */
  async change(caller: Caller, { currentPassword, newPassword }: PasswordChange): Promise<TokenPair> {
    const account = await this.credentials.findById(caller.userId);
    if (account === undefined) throw new InvalidCredentials();
    const { id: userId, email } = account;
    const verified = await this.verifier.verify({ email, password: currentPassword, userId });
    if (verified === undefined) throw new InvalidCurrentPassword();
    await this.policy.check(newPassword, 'newPassword', verified);
    await this.sessions.prepare();
    const tokens = await this.store(caller, verified, await this.hasher.hash(newPassword));
    if (tokens !== undefined) return tokens;
    await this.audit.recordFailure('authn_login_fail', { subjectId: userId, reason: 'account changed meanwhile' });
    throw new InvalidCurrentPassword();
  }

  @Transactional()
  private async store(caller: Caller, verified: Credentials, passwordHash: string): Promise<TokenPair | undefined> {
    // Of two concurrent changes the second has verified a password that is not the current one any more.
    if (!(await this.credentials.replace(verified, passwordHash))) return undefined;
    const tokens = await this.sessions.replaceAll(caller.userId, caller.sessionId, 'password_changed');
    if (tokens === undefined) throw new InvalidCredentials();
    await this.mail.enqueue('password-changed', verified.email);
    return tokens;
  }
}
