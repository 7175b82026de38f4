import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/index.ts';
import { CredentialsService } from '../../users/index.ts';
import type { AccessToken } from '../sessions/index.ts';
import { SessionsService } from '../sessions/index.ts';
import { InvalidCredentials } from './auth.errors.ts';
import { CredentialVerifier } from './credential-verifier.ts';

/** The user and the session of the request. */
interface Caller {
  readonly userId: string;
  readonly sessionId: string;
}

/** Step-up authentication within a session (RFC 9470, ASVS 7.5.3). */
@Injectable()
export class ReauthenticationService {
  constructor(
    private readonly credentials: CredentialsService,
    private readonly verifier: CredentialVerifier,
    private readonly sessions: SessionsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Verifies the password of the caller, which counts as a login attempt, and renews the authentication time of the
   * session. Undefined when the session or the account has ended during the request.
   * @throws InvalidCredentials after the failure was recorded; PasswordHashingOverloaded, TooManyAttempts,
   *   AttemptsInProgress
   */
  async byPassword({ userId, sessionId }: Caller, password: string): Promise<AccessToken | undefined> {
    const account = await this.credentials.findById(userId);
    if (account === undefined) return undefined;
    const verified = await this.verifier.verify({ email: account.email, password, userId });
    if (verified === undefined) throw new InvalidCredentials();
    const evidence = { userId, passwordHash: verified.passwordHash };
    const token = await this.sessions.reauthenticate(sessionId, evidence, ['pwd']);
    if (token === undefined) await this.recordFailure(userId);
    return token;
  }

  private async recordFailure(subjectId: string): Promise<void> {
    await this.audit.recordFailure('authn_login_fail', { subjectId, reason: 'account changed meanwhile' });
  }
}
