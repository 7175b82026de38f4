import { Injectable } from '@nestjs/common';
import { Prisma } from '../../platform/database/generated/client.ts';
import { Transactions } from '../../platform/database/transactions.ts';

/** An account that is not deleted, with what decides about sending it email. */
export interface MailableAccount {
  readonly id: string;
  /** The stored spelling: mails are sent to it, never to the spelling of an unauthenticated request. */
  readonly email: string;
  readonly isVerified: boolean;
  readonly isDisabled: boolean;
  readonly hasPassword: boolean;
  /** Whether a login requires a second factor. */
  readonly mfaEnabled: boolean;
  /** Changes with every visible field, the email address and the password. */
  readonly version: number;
}

/** An enabled account that is live, or deleted and can be restored. */
interface RestorableAccount {
  readonly email: string;
  readonly isDeleted: boolean;
}

/** A user and the new email address of the user. */
export interface AccountEmail {
  readonly id: string;
  readonly email: string;
  readonly emailNormalized: string;
}

/** The email addresses of users that are not deleted. */
@Injectable()
export class UserEmailsRepository {
  constructor(private readonly db: Transactions) {}

  async find(emailNormalized: string): Promise<MailableAccount | undefined> {
    const [account] = await this.db.tx.$queryRaw<MailableAccount[]>`
      SELECT id, email, email_verified_at IS NOT NULL AS "isVerified", disabled_at IS NOT NULL AS "isDisabled",
        password_hash IS NOT NULL AS "hasPassword", mfa_enabled AS "mfaEnabled", version
      FROM users WHERE email_normalized = ${emailNormalized} AND deleted_at IS NULL`;
    return account;
  }

  /** Whether another user that is not deleted has verified this email address. */
  async isTaken(emailNormalized: string, exceptId: string): Promise<boolean> {
    const rows = await this.db.tx.$queryRaw<unknown[]>`
      SELECT 1 FROM users
      WHERE email_normalized = ${emailNormalized} AND deleted_at IS NULL AND email_verified_at IS NOT NULL
        AND id <> ${exceptId}::uuid`;
    return rows.length > 0;
  }

  /** Returns the email address of an enabled user, and locks the row until the transaction ends. */
  async lock(id: string): Promise<string | undefined> {
    const [user] = await this.db.tx.$queryRaw<{ email: string }[]>`
      SELECT email FROM users
      WHERE id = ${id}::uuid AND deleted_at IS NULL AND disabled_at IS NULL FOR NO KEY UPDATE`;
    return user?.email;
  }

  /** The same for a user that may be deleted, as long as the user can be restored. */
  async lockRestorable(id: string): Promise<RestorableAccount | undefined> {
    const [user] = await this.db.tx.$queryRaw<RestorableAccount[]>`
      SELECT email, deleted_at IS NOT NULL AS "isDeleted" FROM users
      WHERE id = ${id}::uuid AND disabled_at IS NULL AND coalesce(deleted_at > now() - interval '30 days', true)
      FOR NO KEY UPDATE`;
    return user;
  }

  /** Sets the verified email address of a user; false when another user has it. */
  async change({ id, email, emailNormalized }: AccountEmail): Promise<boolean> {
    const updated = await this.db.tx.$executeRaw`
      UPDATE users SET email = ${email}, email_normalized = ${emailNormalized}, email_verified_at = now(),
        version = version + 1, updated_at = now()
      WHERE id = ${id}::uuid AND NOT EXISTS (
        SELECT FROM users other
        WHERE other.email_normalized = ${emailNormalized} AND other.deleted_at IS NULL AND other.id <> users.id
      )`;
    return updated === 1;
  }

  /**
   * The same for an enabled user; removes what an attacker may have added, and restores a deleted user: the password,
   * the identities, the API keys, and the second factors that were added in the last `factorSeconds`. Older factors
   * stay: the former mailbox alone must not replace them (ASVS 6.4.3).
   */
  async revertTo({ id, email, emailNormalized }: AccountEmail, factorSeconds: number): Promise<boolean> {
    const isRecent = Prisma.sql`created_at > now() - make_interval(secs => ${factorSeconds})`;
    const keepsFactor = Prisma.sql`(
      EXISTS (SELECT FROM totp_factors WHERE user_id = ${id}::uuid AND activated_at IS NOT NULL AND NOT ${isRecent})
      OR EXISTS (SELECT FROM passkeys WHERE user_id = ${id}::uuid AND NOT ${isRecent}))`;
    const updated = await this.db.tx.$executeRaw`
      WITH unlinked AS (DELETE FROM identities WHERE user_id = ${id}::uuid),
        keys AS (UPDATE api_keys SET revoked_at = now() WHERE user_id = ${id}::uuid AND revoked_at IS NULL),
        apps AS (DELETE FROM totp_factors WHERE user_id = ${id}::uuid AND ${isRecent}),
        recent AS (DELETE FROM passkeys WHERE user_id = ${id}::uuid AND ${isRecent}),
        codes AS (DELETE FROM recovery_codes WHERE user_id = ${id}::uuid AND NOT ${keepsFactor})
      UPDATE users SET email = ${email}, email_normalized = ${emailNormalized}, email_verified_at = now(),
        password_hash = NULL, deleted_at = NULL, mfa_enabled = ${keepsFactor}, version = version + 1, updated_at = now()
      WHERE id = ${id}::uuid AND disabled_at IS NULL AND NOT EXISTS (
        SELECT FROM users other
        WHERE other.email_normalized = ${emailNormalized} AND other.deleted_at IS NULL AND other.id <> users.id
      )`;
    return updated === 1;
  }

  /** Deletes the unverified account of another user with this email address, and returns its id. */
  async releaseUnverifiedEmail({ id, emailNormalized }: AccountEmail): Promise<string | undefined> {
    const [released] = await this.db.tx.$queryRaw<{ id: string }[]>`
      UPDATE users SET deleted_at = now(), version = version + 1, updated_at = now()
      WHERE email_normalized = ${emailNormalized} AND id <> ${id}::uuid
        AND deleted_at IS NULL AND email_verified_at IS NULL RETURNING id`;
    return released?.id;
  }
}
