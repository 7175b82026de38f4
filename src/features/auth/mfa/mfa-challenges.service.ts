import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { AuthConfig } from '../../../platform/config/config.ts';
import { configToken } from '../../../platform/config/config.module.ts';
import { secretHash } from '../../../platform/crypto/secrets.ts';
import { AuditService } from '../../audit/index.ts';
import type { ProviderSessions } from '../sessions/index.ts';
import type { MfaChallenge, MfaMethod } from './mfa-challenges.repository.ts';
import { MfaChallengesRepository, mfaMethods } from './mfa-challenges.repository.ts';

export type { MfaChallenge, MfaMethod };
export { mfaMethods };

/** The methods whose proof is a code. */
export const codeMethods = ['totp', 'recovery-code'] as const satisfies readonly MfaMethod[];
export type CodeMethod = (typeof codeMethods)[number];

/** The member of a request that contains a code of an authenticator app or a recovery code, with any separators. */
export const codeMember = { min: 1, max: 64, example: '123456' } as const;

/** What a client needs to complete a login. */
export interface MfaRequired {
  readonly mfaToken: string;
  /** Those that the user has. */
  readonly methods: readonly MfaMethod[];
  /** Seconds. */
  readonly expiresIn: number;
}

/** Logins whose second factor is still to be verified; there is no session before it is (ASVS 2.3.1). */
@Injectable()
export class MfaChallengesService {
  constructor(
    private readonly challenges: MfaChallengesRepository,
    private readonly audit: AuditService,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  /** Issues a token for the second step of a login whose first factor was just verified. */
  async issue(login: Omit<MfaChallenge, 'id'>): Promise<MfaRequired> {
    const mfaToken = randomBytes(32).toString('base64url');
    const ttlSeconds = this.config.mfaChallengeTtlSeconds;
    const methods = await this.challenges.insert({
      ...login,
      id: uuidv7(),
      tokenHash: secretHash(mfaToken),
      ttlSeconds,
    });
    const { userId } = login;
    await this.audit.record('authn_mfa_required', { actorId: userId, subjectId: userId, reason: login.amr.join(' ') });
    return { mfaToken, methods, expiresIn: ttlSeconds };
  }

  /** The challenge of a token that has not expired. */
  async find(mfaToken: string): Promise<MfaChallenge | undefined> {
    return await this.challenges.find(secretHash(mfaToken));
  }

  /** Counts an attempt before it is made; false after five of them. */
  async reserveAttempt({ id }: MfaChallenge): Promise<boolean> {
    return await this.challenges.reserveAttempt(id);
  }

  /** Invalidates the logins that began with an identity, in the caller's transaction, before their sessions are revoked. */
  async deleteOfIdentity(sessions: ProviderSessions): Promise<void> {
    await this.challenges.deleteOfIdentity(sessions);
  }

  /** Consumes a challenge in the caller's transaction; false when it was consumed or has expired. */
  async consume(challenge: MfaChallenge): Promise<boolean> {
    return await this.challenges.consume(challenge);
  }
}
