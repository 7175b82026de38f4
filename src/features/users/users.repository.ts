import { Injectable } from '@nestjs/common';
import { versionIn } from '../../platform/database/expected-versions.ts';
import { PreparedQueries } from '../../platform/database/prepared-queries.ts';
import { Transactions } from '../../platform/database/transactions.ts';
import type { NewUser, User, UserChange, UserTarget } from './user.ts';

const profile = {
  id: true,
  email: true,
  emailVerifiedAt: true,
  displayName: true,
  locale: true,
  timezone: true,
  roles: true,
  disabledAt: true,
  version: true,
  createdAt: true,
  updatedAt: true,
} as const;

/** The columns of a User. */
export const userColumns = `id, email, email_verified_at AS "emailVerifiedAt", display_name AS "displayName", locale,
  timezone, roles, disabled_at AS "disabledAt", version, created_at AS "createdAt", updated_at AS "updatedAt"`;

const notDeleted = (condition: string): string =>
  `SELECT ${userColumns} FROM users WHERE ${condition} AND deleted_at IS NULL`;
const byId = { name: 'user_by_id', text: notDeleted('id = $1::uuid') };
const byIds = { name: 'users_by_ids', text: notDeleted('id = ANY($1::uuid[])') };

/** An email address in the spelling that emails are sent to, and in its normalized form, which is unique. */
export interface VerifiedEmail {
  readonly email: string;
  readonly emailNormalized: string;
}

/** The owner of an email address that a client registers with. */
export interface ClaimedEmail {
  /** The account that is not deleted, whatever its status. */
  readonly ownerId: string;
  /** The account, if it was unverified and reclaimed: see `claimEmail`. */
  readonly reclaimed: { readonly id: string; readonly email: string } | undefined;
}

/** The table of users. Only methods that say so find deleted users (soft delete: `deleted_at` is set). */
@Injectable()
export class UsersRepository {
  constructor(
    private readonly db: Transactions,
    private readonly prepared: PreparedQueries,
  ) {}

  async findById(id: string): Promise<User | undefined> {
    const [user] = await this.prepared.query<User>(byId, [id]);
    return user;
  }

  async findByIds(ids: readonly string[]): Promise<readonly User[]> {
    return await this.prepared.query<User>(byIds, [ids]);
  }

  /** Returns the id of the enabled user who has verified this email address. */
  async findVerified(emailNormalized: string): Promise<string | undefined> {
    const found = await this.db.tx.user.findFirst({
      where: { emailNormalized, deletedAt: null, disabledAt: null, emailVerifiedAt: { not: null } },
      select: { id: true },
    });
    return found?.id;
  }

  /** Stores a user; false when another user that is not deleted has the same email address. */
  async insert(user: NewUser & { readonly emailNormalized: string }): Promise<boolean> {
    const { count } = await this.db.tx.user.createMany({
      data: [{ ...user, roles: [...user.roles] }],
      skipDuplicates: true,
    });
    return count === 1;
  }

  /**
   * Removes the password and the display name of the enabled, unverified account with this email address, which another
   * client may have chosen: only the recipient of its mail can set a new password. Returns its id.
   */
  async reclaimUnverifiedEmail(
    { email, emailNormalized }: VerifiedEmail,
    change: UserChange,
  ): Promise<string | undefined> {
    const { roles, ...rest } = change;
    const [reclaimed] = await this.db.tx.user.updateManyAndReturn({
      where: { emailNormalized, emailVerifiedAt: null, deletedAt: null, disabledAt: null },
      data: {
        ...rest,
        email,
        displayName: rest.displayName ?? null,
        ...(roles === undefined ? {} : { roles: [...roles] }),
        passwordHash: null,
        version: { increment: 1 },
      },
      select: { id: true },
    });
    return reclaimed?.id;
  }

  /**
   * The same for an unauthenticated client. An account without a password was invited or reclaimed before: it keeps its
   * spelling of the email address, to which its mails are sent, and is left unchanged unless `mayMail`.
   */
  async claimEmail({ email, emailNormalized }: VerifiedEmail, mayMail: boolean): Promise<ClaimedEmail | undefined> {
    const [row] = await this.db.tx.$queryRaw<{ ownerId: string; id: string | null; email: string | null }[]>`
      WITH reclaimed AS (
        UPDATE users SET email = CASE WHEN password_hash IS NULL THEN email ELSE ${email} END,
          display_name = CASE WHEN password_hash IS NULL THEN display_name END, password_hash = NULL,
          version = version + 1, updated_at = now()
        WHERE email_normalized = ${emailNormalized} AND email_verified_at IS NULL AND deleted_at IS NULL
          AND disabled_at IS NULL AND (password_hash IS NOT NULL OR ${mayMail})
        RETURNING id, email
      )
      SELECT users.id AS "ownerId", reclaimed.id, reclaimed.email
      FROM users LEFT JOIN reclaimed ON reclaimed.id = users.id
      WHERE email_normalized = ${emailNormalized} AND deleted_at IS NULL`;
    if (row === undefined) return undefined;
    const { ownerId, id, email: stored } = row;
    return { ownerId, reclaimed: id === null || stored === null ? undefined : { id, email: stored } };
  }

  /** Deletes the unverified account with the email address of this deleted user, and returns its id. */
  async releaseUnverifiedEmail(deletedId: string): Promise<string | undefined> {
    const [released] = await this.db.tx.$queryRaw<{ id: string }[]>`
      UPDATE users SET deleted_at = now(), version = version + 1, updated_at = now()
      WHERE email_normalized = (
        SELECT email_normalized FROM users WHERE id = ${deletedId}::uuid AND deleted_at IS NOT NULL
      ) AND deleted_at IS NULL AND email_verified_at IS NULL RETURNING id`;
    return released?.id;
  }

  /** Marks the email address as verified, in this spelling; false when the user has another one. */
  async verifyEmail(id: string, { email, emailNormalized }: VerifiedEmail): Promise<boolean> {
    const { count } = await this.db.tx.user.updateMany({
      where: { id, emailNormalized, deletedAt: null, disabledAt: null },
      data: { email, emailVerifiedAt: new Date(), version: { increment: 1 } },
    });
    return count === 1;
  }

  /**
   * Sets the password and verifies the email address; false when the user has another one. The display name of an
   * unverified account that has a password is removed: the client that registered it may be another person.
   */
  async setPassword(id: string, { email, emailNormalized }: VerifiedEmail, passwordHash: string): Promise<boolean> {
    const updated = await this.db.tx.$executeRaw`
      UPDATE users SET password_hash = ${passwordHash}, password_locked_at = NULL, email = ${email},
        display_name = CASE WHEN email_verified_at IS NOT NULL OR password_hash IS NULL THEN display_name END,
        email_verified_at = coalesce(email_verified_at, now()), version = version + 1, updated_at = now()
      WHERE id = ${id}::uuid AND email_normalized = ${emailNormalized} AND deleted_at IS NULL AND disabled_at IS NULL`;
    return updated === 1;
  }

  /** Updates a user that is not deleted and has one of the versions. */
  async update({ id, versions }: UserTarget, { roles, ...rest }: UserChange): Promise<User | undefined> {
    const [user] = await this.db.tx.user.updateManyAndReturn({
      where: { id, deletedAt: null, ...versionIn(versions) },
      data: { ...rest, ...(roles === undefined ? {} : { roles: [...roles] }), version: { increment: 1 } },
      select: profile,
    });
    return user;
  }

  async markDeleted({ id, versions }: UserTarget): Promise<boolean> {
    const { count } = await this.db.tx.user.updateMany({
      where: { id, deletedAt: null, ...versionIn(versions) },
      data: { deletedAt: new Date(), version: { increment: 1 } },
    });
    return count === 1;
  }

  /** Whether a user with this id was deleted in the last 30 days. */
  async isRestorable(id: string): Promise<boolean> {
    const rows = await this.db.tx.$queryRaw<unknown[]>`
      SELECT 1 FROM users WHERE id = ${id}::uuid AND deleted_at > now() - interval '30 days'`;
    return rows.length > 0;
  }

  /** Whether a row with this id exists, deleted or not. */
  async isKnown(id: string): Promise<boolean> {
    return (await this.db.tx.user.count({ where: { id } })) > 0;
  }

  /** Restores a user deleted in the last 30 days; false when another user has the email address. */
  async restore(id: string): Promise<boolean> {
    const restored = await this.db.tx.$executeRaw`
      UPDATE users SET deleted_at = NULL, version = version + 1, updated_at = now()
      WHERE id = ${id}::uuid AND deleted_at > now() - interval '30 days' AND NOT EXISTS (
        SELECT FROM users AS live WHERE live.email_normalized = users.email_normalized AND live.deleted_at IS NULL
      )`;
    return restored === 1;
  }
}
