import { Injectable } from '@nestjs/common';
import { Prisma } from '../../../platform/database/generated/client.ts';
import { Transactions } from '../../../platform/database/transactions.ts';

/** Issuer and subject: the key of an account at a provider. */
export interface IdentityKey {
  readonly issuer: string;
  readonly subject: string;
}

/** An identity to store. */
export interface NewIdentity extends IdentityKey {
  readonly id: string;
  readonly userId: string;
  readonly provider: string;
  readonly email: string | null;
}

/** An identity as its owner sees it. */
export interface ListedIdentity {
  readonly id: string;
  readonly provider: string;
  readonly email: string | null;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
}

/** An identity and its account, whatever the status of that. */
export interface IdentityAccount {
  readonly identityId: string;
  readonly userId: string;
  readonly email: string;
  readonly version: number;
  readonly mfaEnabled: boolean;
  /** Whether the account is disabled or deleted. */
  readonly isClosed: boolean;
}

/** Who has logged out at a provider: a subject, or one session of it. */
export interface LoggedOut {
  readonly issuer: string;
  readonly subject: string | null;
  readonly providerSessionId: string | null;
}

/** An identity and its user. */
export interface IdentityOwner {
  readonly identityId: string;
  readonly userId: string;
}

const listed = Prisma.sql`id, provider, email, created_at AS "createdAt", last_used_at AS "lastUsedAt"`;

/** The identities in the export of an account. */
export const identitiesExport = `
  SELECT id, provider, issuer, subject, email, created_at AS "createdAt", last_used_at AS "lastUsedAt"
  FROM identities WHERE user_id = $1::uuid ORDER BY created_at, id`;

/** Accounts at providers, with which users log in. */
@Injectable()
export class IdentitiesRepository {
  constructor(private readonly db: Transactions) {}

  /**
   * Locks the account of an identity until the transaction ends; the next statement reads its current state. False when
   * no account is linked.
   */
  async lockAccountOf({ issuer, subject }: IdentityKey): Promise<boolean> {
    const users = await this.db.tx.$queryRaw<unknown[]>`
      SELECT 1 FROM users
      WHERE id = (SELECT user_id FROM identities WHERE issuer = ${issuer} AND subject = ${subject})
      FOR NO KEY UPDATE`;
    return users.length === 1;
  }

  async findAccount({ issuer, subject }: IdentityKey): Promise<IdentityAccount | undefined> {
    const [account] = await this.db.tx.$queryRaw<IdentityAccount[]>`
      SELECT i.id AS "identityId", u.id AS "userId", u.email, u.version, u.mfa_enabled AS "mfaEnabled",
        u.disabled_at IS NOT NULL OR u.deleted_at IS NOT NULL AS "isClosed"
      FROM identities i JOIN users u ON u.id = i.user_id WHERE i.issuer = ${issuer} AND i.subject = ${subject}`;
    return account;
  }

  /** Stores an identity; undefined when the account at the provider is linked already. */
  async insert({ id, userId, provider, issuer, subject, email }: NewIdentity): Promise<ListedIdentity | undefined> {
    const [inserted] = await this.db.tx.$queryRaw<ListedIdentity[]>`
      INSERT INTO identities (id, user_id, provider, issuer, subject, email)
      VALUES (${id}::uuid, ${userId}::uuid, ${provider}, ${issuer}, ${subject}, ${email})
      ON CONFLICT (issuer, subject) DO NOTHING
      RETURNING ${listed}`;
    return inserted;
  }

  async markUsed(id: string, email: string | null): Promise<void> {
    await this.db.tx.$executeRaw`
      UPDATE identities SET last_used_at = now(), email = coalesce(${email}, email) WHERE id = ${id}::uuid`;
  }

  /** Oldest first. */
  async list(userId: string): Promise<ListedIdentity[]> {
    return await this.db.tx.$queryRaw<ListedIdentity[]>`
      SELECT ${listed} FROM identities WHERE user_id = ${userId}::uuid ORDER BY created_at, id`;
  }

  async count(userId: string): Promise<number> {
    const [row] = await this.db.tx.$queryRaw<{ count: number }[]>`
      SELECT count(*)::int AS count FROM identities WHERE user_id = ${userId}::uuid`;
    return row?.count ?? 0;
  }

  /**
   * Deletes an identity of this user, whose version changes, so that a login that is waiting for its second factor
   * becomes invalid; false when the user has no such identity.
   */
  async delete(userId: string, id: string): Promise<boolean> {
    const deleted = await this.db.tx.$executeRaw`
      WITH deleted AS (DELETE FROM identities WHERE id = ${id}::uuid AND user_id = ${userId}::uuid RETURNING user_id)
      UPDATE users SET version = version + 1, updated_at = now() FROM deleted WHERE users.id = deleted.user_id`;
    return deleted === 1;
  }

  /** The identities of a subject, or of a session at the provider with which a session or a login began. */
  async findOwners({ issuer, subject, providerSessionId }: LoggedOut): Promise<IdentityOwner[]> {
    return await this.db.tx.$queryRaw<IdentityOwner[]>`
      SELECT i.id AS "identityId", i.user_id AS "userId" FROM identities i
      WHERE i.issuer = ${issuer} AND CASE WHEN ${subject}::text IS NULL
        THEN i.id IN (
          SELECT identity_id FROM sessions WHERE provider_session_id = ${providerSessionId} AND revoked_at IS NULL
          UNION ALL SELECT identity_id FROM mfa_challenges WHERE provider_session_id = ${providerSessionId}
        )
        ELSE i.subject = ${subject} END`;
  }
}
