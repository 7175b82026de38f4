import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AuditService } from '../../audit/index.ts';
import { LoginThrottle } from '../login-throttling/index.ts';
import type { AuthenticationCredential, PasskeyProof, RequestOptions } from '../passkeys/index.ts';
import { PasskeyAssertionsService } from '../passkeys/index.ts';
import type { TokenPair } from '../sessions/index.ts';
import { SessionsService } from '../sessions/index.ts';
import { InvalidCredentials } from './auth.errors.ts';
import { FactorVerifier, ProofConsumed, undefinedIfConsumed } from './factor-verifier.ts';

/** Login by passkey, without an email address: two factors in one, what the user has and what unlocks it. */
@Injectable()
export class PasskeyLoginService {
  constructor(
    private readonly assertions: PasskeyAssertionsService,
    private readonly factors: FactorVerifier,
    private readonly sessions: SessionsService,
    private readonly throttle: LoginThrottle,
    private readonly audit: AuditService,
  ) {}

  /**
   * Issues a challenge for any passkey.
   * @throws PasskeysUnavailable
   */
  async options(): Promise<RequestOptions> {
    return await this.assertions.options({ purpose: 'login' });
  }

  /**
   * Creates a session if the account is enabled and verified. Works while the password is locked, clears the
   * failures of the account and unlocks its authenticator apps. A failure counts against the IP address of the client.
   * @throws InvalidCredentials after the failure was recorded; TooManyAttempts, AttemptsInProgress
   */
  async logIn(credential: AuthenticationCredential): Promise<TokenPair> {
    await using attempt = await this.throttle.reserve(this.throttle.buckets.refresh());
    const proof = await this.assertions.verify(credential, { purpose: 'login' });
    const tokens = proof && (await this.complete(proof));
    if (proof !== undefined && tokens !== undefined) {
      await attempt.succeed();
      await this.throttle.reset(proof.email);
      return tokens;
    }
    await attempt.count();
    await this.audit.recordFailure(
      'authn_login_fail',
      proof === undefined
        ? { reason: 'passkey not valid' }
        : { subjectId: proof.userId, reason: 'account cannot log in, or passkey used meanwhile' },
    );
    throw new InvalidCredentials();
  }

  private async complete(proof: PasskeyProof): Promise<TokenPair | undefined> {
    await this.sessions.prepare();
    return await this.sessions.inTurn(proof.userId, async () => await undefinedIfConsumed(this.store(proof)));
  }

  /** @throws ProofConsumed */
  @Transactional()
  private async store(proof: PasskeyProof): Promise<TokenPair> {
    const { userId, amr } = proof;
    const tokens = await this.sessions.create({ userId, secondFactor: true }, amr);
    if (tokens === undefined || !(await this.factors.consume(userId, proof))) throw new ProofConsumed();
    return tokens;
  }
}
