import { Injectable } from '@nestjs/common';
import type { ExpectedVersions } from '../../database/expected-versions.ts';
import type { Prisma } from '../../database/generated/client.ts';
import { NamedReads } from '../../database/named-reads.ts';
import { Transactions } from '../../database/transactions.ts';
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

const byId = {
  name: 'user_by_id',
  text: `
    SELECT id, email, email_verified_at AS "emailVerifiedAt", display_name AS "displayName", locale, timezone, roles,
      disabled_at AS "disabledAt", version, created_at AS "createdAt", updated_at AS "updatedAt"
    FROM users WHERE id = $1::uuid AND deleted_at IS NULL`,
};

/** An address in the spelling that mails go to, and in the form that tells accounts apart. */
export interface ProvenAddress {
  readonly email: string;
  readonly emailNormalized: string;
}

/** Who has an address that somebody registers with. */
export interface Claimed {
  /** The live account there, whatever its state. */
  readonly ownerId: string;
  /** What became of it, if nobody has verified it: see `claim`. */
  readonly disowned: { readonly id: string; readonly email: string } | undefined;
}

/** The table of users. Deleted ones are found by nobody here. */
@Injectable()
export class UsersRepository {
  constructor(
    private readonly host: Transactions,
    private readonly reads: NamedReads,
  ) {}

  async findById(id: string): Promise<User | undefined> {
    const [user] = await this.reads.query<User>(byId, [id]);
    return user;
  }

  /** The enabled user who has verified this address. */
  async findVerified(emailNormalized: string): Promise<string | undefined> {
    const found = await this.host.tx.user.findFirst({
      where: { emailNormalized, deletedAt: null, disabledAt: null, emailVerifiedAt: { not: null } },
      select: { id: true },
    });
    return found?.id;
  }

  /** Stores a user; false when a live one has the same address. */
  async insert(user: NewUser & { readonly emailNormalized: string }): Promise<boolean> {
    const { count } = await this.host.tx.user.createMany({
      data: [{ ...user, roles: [...user.roles] }],
      skipDuplicates: true,
    });
    return count === 1;
  }

  /**
   * Takes an account that nobody has verified yet away from whoever made it: it has no password until somebody who
   * receives mail at its address sets one. Its id, or nothing when there is none.
   */
  async disown({ email, emailNormalized }: ProvenAddress, change: UserChange = {}): Promise<string | undefined> {
    const { roles, ...rest } = change;
    const [disowned] = await this.host.tx.user.updateManyAndReturn({
      where: { emailNormalized, emailVerifiedAt: null, deletedAt: null, disabledAt: null },
      data: {
        ...rest,
        email,
        ...(roles === undefined ? {} : { roles: [...roles] }),
        passwordHash: null,
        version: { increment: 1 },
      },
      select: { id: true },
    });
    return disowned?.id;
  }

  /**
   * The same by a stranger, who proves nothing by typing an address. An account without a password was made by somebody
   * else than a stranger, or was taken away before: its spelling stays, for its mails go there, and it is left alone
   * unless `mayMail`. Nothing when nobody has the address.
   */
  async claim({ email, emailNormalized }: ProvenAddress, mayMail: boolean): Promise<Claimed | undefined> {
    const [row] = await this.host.tx.$queryRaw<{ ownerId: string; id: string | null; email: string | null }[]>`
      WITH disowned AS (
        UPDATE users SET email = CASE WHEN password_hash IS NULL THEN email ELSE ${email} END, password_hash = NULL,
          version = version + 1, updated_at = now()
        WHERE email_normalized = ${emailNormalized} AND email_verified_at IS NULL AND deleted_at IS NULL
          AND disabled_at IS NULL AND (password_hash IS NOT NULL OR ${mayMail})
        RETURNING id, email
      )
      SELECT users.id AS "ownerId", disowned.id, disowned.email FROM users LEFT JOIN disowned ON disowned.id = users.id
      WHERE email_normalized = ${emailNormalized} AND deleted_at IS NULL`;
    if (row === undefined) return undefined;
    const { ownerId, id, email: stored } = row;
    return { ownerId, disowned: id === null || stored === null ? undefined : { id, email: stored } };
  }

  /** Deletes the account that nobody has verified at the address of this deleted one. Its id, or nothing. */
  async displace(deletedId: string): Promise<string | undefined> {
    const [displaced] = await this.host.tx.$queryRaw<{ id: string }[]>`
      UPDATE users SET deleted_at = now(), version = version + 1, updated_at = now()
      WHERE email_normalized = (SELECT email_normalized FROM users WHERE id = ${deletedId}::uuid AND deleted_at IS NOT NULL)
        AND deleted_at IS NULL AND email_verified_at IS NULL RETURNING id`;
    return displaced?.id;
  }

  /** Marks the address as proven, if the user still has it, in the spelling that was mailed to. */
  async verifyEmail(id: string, { email, emailNormalized }: ProvenAddress): Promise<boolean> {
    const { count } = await this.host.tx.user.updateMany({
      where: { id, emailNormalized, deletedAt: null, disabledAt: null },
      data: { email, emailVerifiedAt: new Date(), version: { increment: 1 } },
    });
    return count === 1;
  }

  /** Sets the password of whoever has shown that they receive mail at this address; false when the user has another one. */
  async setPassword(id: string, { email, emailNormalized }: ProvenAddress, passwordHash: string): Promise<boolean> {
    const changed = await this.host.tx.$executeRaw`
      UPDATE users SET password_hash = ${passwordHash}, password_locked_at = NULL, email = ${email},
        email_verified_at = coalesce(email_verified_at, now()), version = version + 1, updated_at = now()
      WHERE id = ${id}::uuid AND email_normalized = ${emailNormalized} AND deleted_at IS NULL AND disabled_at IS NULL`;
    return changed === 1;
  }

  /** Changes a live user who has one of the versions; nothing otherwise. */
  async update({ id, versions }: UserTarget, { roles, ...rest }: UserChange): Promise<User | undefined> {
    const [user] = await this.host.tx.user.updateManyAndReturn({
      where: { id, deletedAt: null, ...versionIn(versions) },
      data: { ...rest, ...(roles === undefined ? {} : { roles: [...roles] }), version: { increment: 1 } },
      select: profile,
    });
    return user;
  }

  async markDeleted({ id, versions }: UserTarget): Promise<boolean> {
    const { count } = await this.host.tx.user.updateMany({
      where: { id, deletedAt: null, ...versionIn(versions) },
      data: { deletedAt: new Date(), version: { increment: 1 } },
    });
    return count === 1;
  }

  /** Whether a user with this id was deleted no longer than 30 days ago. */
  async isRestorable(id: string): Promise<boolean> {
    const rows = await this.host.tx.$queryRaw<unknown[]>`
      SELECT 1 FROM users WHERE id = ${id}::uuid AND deleted_at > now() - interval '30 days'`;
    return rows.length > 0;
  }

  /** Whether there is a row of this id, deleted or not. */
  async isKnown(id: string): Promise<boolean> {
    return (await this.host.tx.user.count({ where: { id } })) > 0;
  }

  /** Brings a deleted user back, unless a live one has the address by now. */
  async restore(id: string): Promise<boolean> {
    const restored = await this.host.tx.$executeRaw`
      UPDATE users SET deleted_at = NULL, version = version + 1, updated_at = now()
      WHERE id = ${id}::uuid AND deleted_at > now() - interval '30 days' AND NOT EXISTS (
        SELECT FROM users AS live WHERE live.email_normalized = users.email_normalized AND live.deleted_at IS NULL
      )`;
    return restored === 1;
  }
}

function versionIn(versions: ExpectedVersions): Prisma.UserWhereInput {
  return versions === 'any' ? {} : { version: { in: [...versions] } };
}
