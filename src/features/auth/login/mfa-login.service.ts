import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AuditService } from '../../audit/index.ts';
import { LoginThrottle } from '../login-throttling/index.ts';
import type { MfaChallenge } from '../mfa/index.ts';
import { InvalidMfa, MfaChallengesService, TotpLock } from '../mfa/index.ts';
import type { RequestOptions } from '../passkeys/index.ts';
import { PasskeyAssertionsService } from '../passkeys/index.ts';
import type { TokenPair } from '../sessions/index.ts';
import { SessionsService } from '../sessions/index.ts';
import type { FactorProof, PresentedFactor } from './factor-verifier.ts';
import { amrOf, FactorVerifier, ProofConsumed, undefinedIfConsumed } from './factor-verifier.ts';

const challengeInvalid = 'challenge not valid';

/** The second step of a login (ASVS 6.5). */
@Injectable()
export class MfaLoginService {
  constructor(
    private readonly challenges: MfaChallengesService,
    private readonly factors: FactorVerifier,
    private readonly assertions: PasskeyAssertionsService,
    private readonly totpLock: TotpLock,
    private readonly sessions: SessionsService,
    private readonly throttle: LoginThrottle,
    private readonly audit: AuditService,
  ) {}

  /**
   * Issues a challenge for a passkey that completes the login.
   * @throws InvalidMfa after the failure was recorded; TooManyAttempts, AttemptsInProgress; PasskeysUnavailable
   */
  async passkeyOptions(mfaToken: string): Promise<RequestOptions> {
    const { userId } = await this.find(mfaToken);
    return await this.assertions.options({ purpose: 'second-factor', userId });
  }

  /**
   * Verifies the second factor and creates the session, which has the methods of both factors. A challenge allows five
   * attempts, an account ten invalid factors within 15 minutes by default, and 100 in a row lock its authenticator apps.
   * The challenge is invalid when the account has changed since the first factor was verified.
   * @throws InvalidMfa after the failure was recorded; TooManyAttempts, AttemptsInProgress
   */
  async verify(mfaToken: string, factor: PresentedFactor): Promise<TokenPair> {
    const challenge = await this.find(mfaToken);
    const { userId, email } = challenge;
    await using attempt = await this.throttle.reserve(this.throttle.buckets.mfa(userId), { accountEmail: email });
    const isOpen = await this.challenges.reserveAttempt(challenge);
    const proof = isOpen ? await this.factors.verify(factor, { purpose: 'second-factor', userId }) : undefined;
    const tokens = proof && (await this.complete(challenge, proof));
    if (tokens !== undefined) {
      await attempt.succeed();
      await this.throttle.reset(email);
      return tokens;
    }
    await this.totpLock.count(attempt, userId);
    await this.audit.recordFailure('authn_mfa_fail', { subjectId: userId, reason: reasonOf(factor, isOpen, proof) });
    throw new InvalidMfa();
  }

  /** The challenge of a token; an unknown one counts against the IP address of the client. */
  private async find(mfaToken: string): Promise<MfaChallenge> {
    const challenge = await this.challenges.find(mfaToken);
    if (challenge !== undefined) return challenge;
    await using attempt = await this.throttle.reserve(this.throttle.buckets.refresh());
    await attempt.count();
    await this.audit.recordFailure('authn_mfa_fail', { reason: challengeInvalid });
    throw new InvalidMfa();
  }

  private async complete(challenge: MfaChallenge, proof: FactorProof): Promise<TokenPair | undefined> {
    await this.sessions.prepare();
    return await this.sessions.inTurn(
      challenge.userId,
      async () => await undefinedIfConsumed(this.store(challenge, proof)),
    );
  }

  /**
   * Consumes the challenge and the proof together with the creation of the session: of concurrent requests one succeeds,
   * and the others change nothing. The proof last: a recovery code changes the version of the account.
   * @throws ProofConsumed
   */
  @Transactional()
  private async store(challenge: MfaChallenge, proof: FactorProof): Promise<TokenPair> {
    const { userId, email, userVersion: version, amr, origin } = challenge;
    if (!(await this.challenges.consume(challenge))) throw new ProofConsumed();
    const evidence = { userId, email, version, ...(origin && { origin }) };
    const tokens = await this.sessions.create(evidence, [...amr, ...amrOf(proof)]);
    if (tokens === undefined || !(await this.factors.consume(userId, proof))) throw new ProofConsumed();
    return tokens;
  }
}

function reasonOf({ method }: PresentedFactor, isOpen: boolean, proof: FactorProof | undefined): string {
  if (!isOpen) return challengeInvalid;
  return proof === undefined ? `${method} not valid` : 'used meanwhile, or account changed';
}
