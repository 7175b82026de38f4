import { Injectable } from '@nestjs/common';
import { Transactions } from '../../platform/database/transactions.ts';
import type { Credentials } from './user.ts';

const credentials = {
  id: true,
  email: true,
  displayName: true,
  passwordHash: true,
  passwordLockedAt: true,
  mfaEnabled: true,
  version: true,
  emailVerifiedAt: true,
  disabledAt: true,
} as const;

/** Credentials of users that are not deleted. */
@Injectable()
export class CredentialsRepository {
  constructor(private readonly db: Transactions) {}

  async findByEmail(emailNormalized: string): Promise<Credentials | undefined> {
    const where = { emailNormalized, deletedAt: null };
    return (await this.db.tx.user.findFirst({ where, select: credentials })) ?? undefined;
  }

  async findById(id: string): Promise<Credentials | undefined> {
    return (await this.db.tx.user.findFirst({ where: { id, deletedAt: null }, select: credentials })) ?? undefined;
  }

  /** Locks the password; false when it is locked already, or the user has none. */
  async lock(id: string): Promise<boolean> {
    const locked = await this.db.tx.$executeRaw`
      UPDATE users SET password_locked_at = now()
      WHERE id = ${id}::uuid AND password_hash IS NOT NULL AND password_locked_at IS NULL AND deleted_at IS NULL`;
    return locked === 1;
  }

  /** Replaces the password that was read; false when it was changed or locked meanwhile. */
  async replace({ id, passwordHash: current }: Credentials, passwordHash: string): Promise<boolean> {
    const updated = await this.db.tx.$executeRaw`
      UPDATE users SET password_hash = ${passwordHash}, version = version + 1, updated_at = now()
      WHERE id = ${id}::uuid AND password_hash = ${current} AND password_locked_at IS NULL
        AND deleted_at IS NULL AND disabled_at IS NULL`;
    return updated === 1;
  }

  /** Stores another hash of the same password, so the version stays. False when the password was changed meanwhile. */
  async rehash({ id, passwordHash: current }: Credentials, passwordHash: string): Promise<boolean> {
    const updated = await this.db.tx.$executeRaw`
      UPDATE users SET password_hash = ${passwordHash} WHERE id = ${id}::uuid AND password_hash = ${current}`;
    return updated === 1;
  }

  /** The number of password hashes by their `keyid` parameter (phc-string.ts), those of deleted users included. */
  async countByKeyId(): Promise<readonly { readonly keyId: string | null; readonly hashes: number }[]> {
    return await this.db.tx.$queryRaw`
      SELECT substring(password_hash FROM '^[$]argon2id[$]v=[0-9]+[$][^$]*,keyid=([A-Za-z0-9+/]*)') AS "keyId",
        count(*)::int AS hashes
      FROM users WHERE password_hash IS NOT NULL GROUP BY 1 ORDER BY 1 NULLS FIRST`;
  }
}
