import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AuditService } from '../../audit/index.ts';
import { CredentialsService } from '../../users/index.ts';
import { LoginThrottle } from '../login-throttling/index.ts';
import { InvalidMfa, TotpLock } from '../mfa/index.ts';
import type { AuthenticationCredential, RequestOptions } from '../passkeys/index.ts';
import { PasskeyAssertionsService } from '../passkeys/index.ts';
import type { AccessToken } from '../sessions/index.ts';
import { SessionEnded, SessionsService } from '../sessions/index.ts';
import { InvalidCredentials } from './auth.errors.ts';
import { CredentialVerifier } from './credential-verifier.ts';
import type { FactorProof, PresentedFactor } from './factor-verifier.ts';
import { amrOf, FactorVerifier, ProofConsumed, undefinedIfConsumed } from './factor-verifier.ts';

/** The user and the session of the request. */
interface Caller {
  readonly userId: string;
  readonly sessionId: string;
}

/** One of the three. */
interface Evidence {
  readonly password?: string;
  readonly code?: string;
  readonly credential?: AuthenticationCredential;
}

/** Step-up authentication within a session (RFC 9470, ASVS 7.5.3). */
@Injectable()
export class ReauthenticationService {
  constructor(
    private readonly credentials: CredentialsService,
    private readonly verifier: CredentialVerifier,
    private readonly factors: FactorVerifier,
    private readonly assertions: PasskeyAssertionsService,
    private readonly totpLock: TotpLock,
    private readonly throttle: LoginThrottle,
    private readonly sessions: SessionsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Verifies the password of the caller, which counts as a login attempt, a code of an authenticator app, or the
   * assertion of a passkey, and renews the authentication time of the session.
   * @throws InvalidCredentials, InvalidMfa, both after the failure was recorded; PasswordHashingOverloaded,
   *   TooManyAttempts, AttemptsInProgress; SessionEnded when the session or the account has ended during the request
   */
  async verify(caller: Caller, { password, code, credential }: Evidence): Promise<AccessToken> {
    if (credential !== undefined) return await this.byFactor(caller, { method: 'passkey', credential });
    return await (code === undefined
      ? this.byPassword(caller, password ?? '')
      : this.byFactor(caller, { method: 'totp', code }));
  }

  /**
   * Issues a challenge for a passkey of the caller.
   * @throws PasskeysUnavailable
   */
  async passkeyOptions(userId: string): Promise<RequestOptions> {
    return await this.assertions.options({ purpose: 'step-up', userId });
  }

  private async byPassword({ userId, sessionId }: Caller, password: string): Promise<AccessToken> {
    const account = await this.credentials.findById(userId);
    if (account === undefined) throw new SessionEnded();
    const verified = await this.verifier.verify({ email: account.email, password, userId });
    if (verified === undefined) throw new InvalidCredentials();
    const evidence = { userId, passwordHash: verified.passwordHash };
    const token = await this.sessions.reauthenticate(sessionId, evidence, ['pwd']);
    if (token !== undefined) return token;
    await this.audit.recordFailure('authn_login_fail', { subjectId: userId, reason: 'account changed meanwhile' });
    throw new SessionEnded();
  }

  private async byFactor(caller: Caller, factor: PresentedFactor): Promise<AccessToken> {
    const { userId } = caller;
    await using attempt = await this.throttle.reserve(this.throttle.buckets.mfa(userId));
    const proof = await this.factors.verify(factor, { purpose: 'step-up', userId });
    const token = proof && (await this.renew(caller, proof));
    if (token !== undefined) {
      await attempt.succeed();
      return token;
    }
    await this.totpLock.count(attempt, userId);
    await this.audit.recordFailure('authn_mfa_fail', { subjectId: userId, reason: `${factor.method} not valid` });
    throw new InvalidMfa();
  }

  private async renew(caller: Caller, proof: FactorProof): Promise<AccessToken | undefined> {
    await this.sessions.prepare();
    return await undefinedIfConsumed(this.storeRenewal(caller, proof));
  }

  /** @throws ProofConsumed when a concurrent request has consumed the proof; SessionEnded */
  @Transactional()
  private async storeRenewal({ userId, sessionId }: Caller, proof: FactorProof): Promise<AccessToken> {
    const evidence = { userId, secondFactor: true } as const;
    const token = await this.sessions.reauthenticate(sessionId, evidence, amrOf(proof));
    if (token === undefined) throw new SessionEnded();
    if (!(await this.factors.consume(userId, proof))) throw new ProofConsumed();
    return token;
  }
}
