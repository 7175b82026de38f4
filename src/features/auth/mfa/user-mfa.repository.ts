import { Injectable } from '@nestjs/common';
import { Transactions } from '../../../platform/database/transactions.ts';
import type { MfaFactorType } from '../../users/index.ts';

/** An active second factor, without its secret. */
export interface UserFactor {
  readonly id: string;
  readonly type: MfaFactorType;
  readonly name: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly lockedAt: Date | null;
}

/** Second factors of every kind, of any user. */
@Injectable()
export class UserMfaRepository {
  constructor(private readonly db: Transactions) {}

  /** How many recovery codes a user has left; undefined when no user has this id, or the user is deleted. */
  async countRecoveryCodes(userId: string): Promise<number | undefined> {
    const [user] = await this.db.tx.$queryRaw<{ left: number }[]>`
      SELECT (SELECT count(*) FROM recovery_codes WHERE user_id = users.id)::int AS left
      FROM users WHERE id = ${userId}::uuid AND deleted_at IS NULL`;
    return user?.left;
  }

  /** The active factors, oldest first. */
  async list(userId: string): Promise<UserFactor[]> {
    return await this.db.tx.$queryRaw<UserFactor[]>`
      SELECT id, 'totp' AS type, name, created_at AS "createdAt", last_used_at AS "lastUsedAt", locked_at AS "lockedAt"
      FROM totp_factors WHERE user_id = ${userId}::uuid AND activated_at IS NOT NULL
      UNION ALL
      SELECT id, 'passkey', name, created_at, last_used_at, NULL FROM passkeys WHERE user_id = ${userId}::uuid
      ORDER BY "createdAt", id`;
  }

  /** Deletes factors, also pending ones, recovery codes and open challenges; returns how many rows. */
  async deleteAll(userId: string): Promise<number> {
    const [deleted] = await this.db.tx.$queryRaw<{ rows: number }[]>`
      WITH factors AS (DELETE FROM totp_factors WHERE user_id = ${userId}::uuid RETURNING id),
        keys AS (DELETE FROM passkeys WHERE user_id = ${userId}::uuid RETURNING id),
        codes AS (DELETE FROM recovery_codes WHERE user_id = ${userId}::uuid RETURNING id),
        challenges AS (DELETE FROM mfa_challenges WHERE user_id = ${userId}::uuid RETURNING id)
      SELECT count(*)::int AS rows FROM (
        TABLE factors UNION ALL TABLE keys UNION ALL TABLE codes UNION ALL TABLE challenges
      ) AS deleted`;
    return deleted?.rows ?? 0;
  }
}
