import { Injectable } from '@nestjs/common';
import { Transactions } from '../../../platform/database/transactions.ts';
import type { ProviderOrigin, ProviderSessions } from '../sessions/index.ts';

/** After this many attempts a challenge is invalid. */
const attemptsMax = 5;

/** How a challenge can be completed. */
export const mfaMethods = ['totp', 'recovery-code', 'passkey'] as const;
export type MfaMethod = (typeof mfaMethods)[number];

/** A login whose first factor was verified. */
export interface MfaChallenge {
  readonly id: string;
  readonly userId: string;
  /** Methods of the first factor (RFC 8176). */
  readonly amr: readonly string[];
  readonly email: string;
  readonly userVersion: number;
  /** Of a login with a provider, without its time: the second factor is verified later. */
  readonly origin?: Omit<ProviderOrigin, 'authTime'>;
}

/** The columns of a challenge. */
interface ChallengeRow extends Omit<MfaChallenge, 'origin'> {
  readonly identityId: string | null;
  readonly providerSessionId: string | null;
}

/** A challenge to be stored. */
export interface NewMfaChallenge extends MfaChallenge {
  readonly tokenHash: Uint8Array;
  readonly ttlSeconds: number;
}

/** Challenges, found by the hash of their token. All times are the database's. */
@Injectable()
export class MfaChallengesRepository {
  constructor(private readonly db: Transactions) {}

  /** Stores a challenge, and returns the methods that its user can complete it with. */
  async insert(challenge: NewMfaChallenge): Promise<readonly MfaMethod[]> {
    const { id, userId, amr, email, userVersion, origin, tokenHash, ttlSeconds } = challenge;
    const [stored] = await this.db.tx.$queryRaw<{ methods: MfaMethod[] }[]>`
      INSERT INTO mfa_challenges
        (id, user_id, token_hash, amr, email, user_version, identity_id, provider_session_id, expires_at)
      VALUES (${id}::uuid, ${userId}::uuid, ${tokenHash}, ${[...amr]}::text[], ${email}, ${userVersion},
        ${origin?.identityId ?? null}::uuid, ${origin?.providerSessionId ?? null},
        now() + make_interval(secs => ${ttlSeconds}))
      RETURNING array_remove(ARRAY[
        CASE WHEN EXISTS (SELECT FROM totp_factors AS factor
          WHERE factor.user_id = mfa_challenges.user_id AND activated_at IS NOT NULL) THEN 'totp' END,
        CASE WHEN EXISTS (SELECT FROM recovery_codes AS code WHERE code.user_id = mfa_challenges.user_id)
          THEN 'recovery-code' END,
        CASE WHEN EXISTS (SELECT FROM passkeys AS passkey WHERE passkey.user_id = mfa_challenges.user_id)
          THEN 'passkey' END
      ], NULL) AS methods`;
    return stored?.methods ?? [];
  }

  /** A challenge that has not expired, whatever its attempts. */
  async find(tokenHash: Uint8Array): Promise<MfaChallenge | undefined> {
    const [row] = await this.db.tx.$queryRaw<ChallengeRow[]>`
      SELECT id, user_id AS "userId", amr, email, user_version AS "userVersion", identity_id AS "identityId",
        provider_session_id AS "providerSessionId"
      FROM mfa_challenges WHERE token_hash = ${tokenHash} AND expires_at > now()`;
    if (row === undefined) return undefined;
    const { identityId, providerSessionId, ...challenge } = row;
    return identityId === null ? challenge : { ...challenge, origin: { identityId, providerSessionId } };
  }

  /** Counts an attempt before it is made, so that concurrent ones do not exceed the limit; false beyond it. */
  async reserveAttempt(id: string): Promise<boolean> {
    const reserved = await this.db.tx.$executeRaw`
      UPDATE mfa_challenges SET attempts = attempts + 1
      WHERE id = ${id}::uuid AND attempts < ${attemptsMax} AND expires_at > now()`;
    return reserved === 1;
  }

  /** Deletes the challenges of logins that began with an identity, or with one session at its provider. */
  async deleteOfIdentity({ identityId, providerSessionId }: ProviderSessions): Promise<void> {
    await this.db.tx.$executeRaw`
      DELETE FROM mfa_challenges
      WHERE identity_id = ${identityId}::uuid
        AND (${providerSessionId ?? null}::text IS NULL OR provider_session_id = ${providerSessionId ?? null})`;
  }

  /**
   * Consumes a challenge; of two concurrent calls one returns false. The user is locked first, in the same order as by
   * changes of the account.
   */
  async consume({ id, userId }: MfaChallenge): Promise<boolean> {
    const consumed = await this.db.tx.$executeRaw`
      DELETE FROM mfa_challenges
      USING (SELECT id AS owner_id FROM users WHERE id = ${userId}::uuid FOR NO KEY UPDATE) AS owner
      WHERE id = ${id}::uuid AND user_id = owner_id AND expires_at > now()`;
    return consumed === 1;
  }
}
