import { Injectable } from '@nestjs/common';
import { Transactions } from '../../../platform/database/transactions.ts';

/** A user whose login methods are about to change. */
export interface LockedUser {
  readonly email: string;
  /** Whether logins required a second factor before the change. */
  readonly mfaEnabled: boolean;
}

/** What users can log in with. */
@Injectable()
export class LoginMethodsRepository {
  constructor(private readonly db: Transactions) {}

  /** Locks a user who is not deleted until the transaction ends. */
  async lockUser(userId: string): Promise<LockedUser | undefined> {
    const [user] = await this.db.tx.$queryRaw<LockedUser[]>`
      SELECT email, mfa_enabled AS "mfaEnabled" FROM users
      WHERE id = ${userId}::uuid AND deleted_at IS NULL FOR NO KEY UPDATE`;
    return user;
  }

  /** Whether the user can begin a login: with a password, even if it is locked, a passkey or a provider. */
  async hasLoginMethod(userId: string): Promise<boolean> {
    const users = await this.db.tx.$queryRaw<unknown[]>`
      SELECT 1 FROM users WHERE id = ${userId}::uuid AND (
        password_hash IS NOT NULL
        OR EXISTS (SELECT FROM passkeys WHERE user_id = users.id)
        OR EXISTS (SELECT FROM identities WHERE user_id = users.id)
      )`;
    return users.length === 1;
  }

  async rolesOf(userId: string): Promise<readonly string[]> {
    const [user] = await this.db.tx.$queryRaw<{ roles: string[] }[]>`
      SELECT roles FROM users WHERE id = ${userId}::uuid`;
    return user?.roles ?? [];
  }

  /**
   * Sets whether logins of the user require a second factor, which is also the result: while an authenticator app is
   * active or a passkey exists. Increases the user's version.
   */
  async updateMfaEnabled(userId: string): Promise<boolean> {
    const [user] = await this.db.tx.$queryRaw<{ mfaEnabled: boolean }[]>`
      UPDATE users SET version = version + 1, updated_at = now(),
        mfa_enabled = EXISTS (SELECT FROM totp_factors WHERE user_id = users.id AND activated_at IS NOT NULL)
          OR EXISTS (SELECT FROM passkeys WHERE user_id = users.id)
      WHERE id = ${userId}::uuid RETURNING mfa_enabled AS "mfaEnabled"`;
    return user?.mfaEnabled ?? false;
  }
}
