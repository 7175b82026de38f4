import { Injectable } from '@nestjs/common';
import { Transactions } from '../../database/transactions.ts';

/** A live account, as far as it matters for mailing it. */
export interface MailableAccount {
  readonly id: string;
  /** As its user wrote it: mails go here, never to what a stranger has typed. */
  readonly email: string;
  readonly isVerified: boolean;
  readonly isDisabled: boolean;
  readonly hasPassword: boolean;
  /** Another one when anything that is shown of the account, its address or its password has changed. */
  readonly version: number;
}

/** A user and an address that shall become theirs. */
export interface AddressOf {
  readonly id: string;
  readonly email: string;
  readonly emailNormalized: string;
}

/** The addresses of live users. */
@Injectable()
export class UserEmailsRepository {
  constructor(private readonly host: Transactions) {}

  async find(emailNormalized: string): Promise<MailableAccount | undefined> {
    const [account] = await this.host.tx.$queryRaw<MailableAccount[]>`
      SELECT id, email, email_verified_at IS NOT NULL AS "isVerified", disabled_at IS NOT NULL AS "isDisabled",
        password_hash IS NOT NULL AS "hasPassword", version
      FROM users WHERE email_normalized = ${emailNormalized} AND deleted_at IS NULL`;
    return account;
  }

  /** Whether a live user other than this one has the address, and has verified it. */
  async isTaken(emailNormalized: string, exceptId: string): Promise<boolean> {
    const rows = await this.host.tx.$queryRaw<unknown[]>`
      SELECT 1 FROM users
      WHERE email_normalized = ${emailNormalized} AND deleted_at IS NULL AND email_verified_at IS NOT NULL AND id <> ${exceptId}::uuid`;
    return rows.length > 0;
  }

  /** The address of an enabled user, locked until the transaction ends. */
  async lock(id: string): Promise<string | undefined> {
    const [user] = await this.host.tx.$queryRaw<{ email: string }[]>`
      SELECT email FROM users
      WHERE id = ${id}::uuid AND deleted_at IS NULL AND disabled_at IS NULL FOR NO KEY UPDATE`;
    return user?.email;
  }

  /** Gives a user a verified address; false when another live user has it. */
  async change({ id, email, emailNormalized }: AddressOf): Promise<boolean> {
    const changed = await this.host.tx.$executeRaw`
      UPDATE users SET email = ${email}, email_normalized = ${emailNormalized}, email_verified_at = now(),
        version = version + 1, updated_at = now()
      WHERE id = ${id}::uuid AND NOT EXISTS (
        SELECT FROM users other
        WHERE other.email_normalized = ${emailNormalized} AND other.deleted_at IS NULL AND other.id <> users.id
      )`;
    return changed === 1;
  }

  /** The same for an enabled user whose password somebody else may know: they have none afterwards. */
  async reclaim({ id, email, emailNormalized }: AddressOf): Promise<boolean> {
    const changed = await this.host.tx.$executeRaw`
      UPDATE users SET email = ${email}, email_normalized = ${emailNormalized}, email_verified_at = now(),
        password_hash = NULL, version = version + 1, updated_at = now()
      WHERE id = ${id}::uuid AND deleted_at IS NULL AND disabled_at IS NULL AND NOT EXISTS (
        SELECT FROM users other
        WHERE other.email_normalized = ${emailNormalized} AND other.deleted_at IS NULL AND other.id <> users.id
      )`;
    return changed === 1;
  }

  /** Deletes the account of another user at this address that nobody has verified. Its id, or nothing. */
  async displace({ id, emailNormalized }: AddressOf): Promise<string | undefined> {
    const [displaced] = await this.host.tx.$queryRaw<{ id: string }[]>`
      UPDATE users SET deleted_at = now(), version = version + 1, updated_at = now()
      WHERE email_normalized = ${emailNormalized} AND id <> ${id}::uuid
        AND deleted_at IS NULL AND email_verified_at IS NULL RETURNING id`;
    return displaced?.id;
  }
}
