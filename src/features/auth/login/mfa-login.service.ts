import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AuditService } from '../../audit/index.ts';
import { LoginThrottle } from '../login-throttling/index.ts';
import type { MfaChallenge, MfaMethod, SecondFactorProof } from '../mfa/index.ts';
import { InvalidMfa, MfaChallengesService, methodsOf, SecondFactorsService } from '../mfa/index.ts';
import type { TokenPair } from '../sessions/index.ts';
import { SessionsService } from '../sessions/index.ts';

/** The code of a challenge. */
export interface MfaVerification {
  readonly mfaToken: string;
  readonly method: MfaMethod;
  readonly code: string;
}

/** The second step of a login (ASVS 6.5). */
@Injectable()
export class MfaLoginService {
  constructor(
    private readonly challenges: MfaChallengesService,
    private readonly secondFactors: SecondFactorsService,
    private readonly sessions: SessionsService,
    private readonly throttle: LoginThrottle,
    private readonly audit: AuditService,
  ) {}

  /**
   * Verifies the second factor and creates the session, which has the methods of both factors. A challenge allows five
   * attempts, an account ten invalid codes within 15 minutes by default. The challenge is invalid when the account has
   * changed since the first factor was verified.
   * @throws InvalidMfa after the failure was recorded; TooManyAttempts, AttemptsInProgress
   */
  async verify({ mfaToken, method, code }: MfaVerification): Promise<TokenPair> {
    const challenge = await this.challenges.find(mfaToken);
    const { buckets } = this.throttle;
    await using attempt = await (challenge === undefined
      ? this.throttle.reserve(buckets.refresh())
      : this.throttle.reserve(buckets.mfa(challenge.userId), { accountEmail: challenge.email }));
    const isOpen = challenge !== undefined && (await this.challenges.reserveAttempt(challenge));
    const proof = isOpen ? await this.secondFactors.verify(challenge.userId, method, code) : undefined;
    const tokens = isOpen && proof !== undefined ? await this.complete(challenge, proof) : undefined;
    if (isOpen && tokens !== undefined) {
      await attempt.succeed();
      await this.throttle.reset(challenge.email);
      return tokens;
    }
    await attempt.count();
    const subject = challenge === undefined ? {} : { subjectId: challenge.userId };
    await this.audit.recordFailure('authn_mfa_fail', { ...subject, reason: reasonOf(method, isOpen, proof) });
    throw new InvalidMfa();
  }

  private async complete(challenge: MfaChallenge, proof: SecondFactorProof): Promise<TokenPair | undefined> {
    await this.sessions.prepare();
    try {
      return await this.store(challenge, proof);
    } catch (error) {
      if (error instanceof ConsumedConcurrently) return undefined;
      throw error;
    }
  }

  /**
   * Consumes the challenge and the code together with the creation of the session: of concurrent requests one succeeds,
   * and the others change nothing. The code last: a recovery code changes the version of the account.
   */
  @Transactional()
  private async store(challenge: MfaChallenge, proof: SecondFactorProof): Promise<TokenPair> {
    const { userId, email, userVersion: version, amr, origin } = challenge;
    if (!(await this.challenges.consume(challenge))) throw new ConsumedConcurrently();
    const methods = [...amr, ...methodsOf[proof.method]];
    const tokens = await this.sessions.create({ userId, email, version, ...(origin && { origin }) }, methods);
    if (tokens === undefined || !(await this.secondFactors.consume(userId, proof))) throw new ConsumedConcurrently();
    return tokens;
  }
}

/** Rolls the transaction back: the challenge or the code was consumed, or the account has changed. */
class ConsumedConcurrently extends Error {}

function reasonOf(method: MfaMethod, isOpen: boolean, proof: SecondFactorProof | undefined): string {
  if (!isOpen) return 'challenge not valid';
  return proof === undefined ? `${method} not valid` : 'used meanwhile, or account changed';
}
