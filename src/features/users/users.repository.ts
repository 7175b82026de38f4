import { Injectable } from '@nestjs/common';
import { Prisma } from '../../database/generated/client.ts';
import type { KeysetRequest, Slice, SortOrder } from '../../database/keyset.ts';
import { keysetClauses, microseconds, slice } from '../../database/keyset.ts';
import { Transactions } from '../../database/transactions.ts';
import type { Credentials, ListedUser, NewUser, User, UserFilter, UserSort, UserStatus } from './user.ts';

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

/** The table of users. Deleted ones are found by nobody here. */
@Injectable()
export class UsersRepository {
  constructor(private readonly host: Transactions) {}

  async findById(id: string): Promise<User | undefined> {
    return (await this.host.tx.user.findFirst({ where: { id, deletedAt: null }, select: profile })) ?? undefined;
  }

  async findCredentials(emailNormalized: string): Promise<Credentials | undefined> {
    const found = await this.host.tx.user.findFirst({
      where: { emailNormalized, deletedAt: null },
      select: { id: true, passwordHash: true, emailVerifiedAt: true, disabledAt: true },
    });
    return found ?? undefined;
  }

  async list(filter: UserFilter, request: KeysetRequest): Promise<Slice<ListedUser>> {
    return slice(await this.host.tx.$queryRaw<ListedUser[]>(listStatement(filter, request)), request);
  }

  async count(filter: UserFilter): Promise<number> {
    const [row] = await this.host.tx.$queryRaw<{ count: bigint }[]>`
      SELECT count(*) FROM users WHERE ${conditions(filter)}`;
    return Number(row?.count ?? 0);
  }

  /** Stores a user; false when a live one has the same address. */
  async insert(user: NewUser & { readonly emailNormalized: string }): Promise<boolean> {
    const { count } = await this.host.tx.user.createMany({
      data: [{ ...user, roles: [...user.roles] }],
      skipDuplicates: true,
    });
    return count === 1;
  }

  /** Gives an account that nobody has verified yet to whoever registers now; its id, or nothing when there is none. */
  async replaceUnverified(user: NewUser & { readonly emailNormalized: string }): Promise<string | undefined> {
    const [replaced] = await this.host.tx.user.updateManyAndReturn({
      where: { emailNormalized: user.emailNormalized, emailVerifiedAt: null, deletedAt: null, disabledAt: null },
      data: {
        email: user.email,
        displayName: user.displayName,
        passwordHash: user.passwordHash,
        version: { increment: 1 },
      },
      select: { id: true },
    });
    return replaced?.id;
  }

  /** Marks the address as proven, if the user still has it. */
  async verifyEmail(id: string, emailNormalized: string): Promise<boolean> {
    const { count } = await this.host.tx.user.updateMany({
      where: { id, emailNormalized, deletedAt: null, disabledAt: null },
      data: { emailVerifiedAt: new Date(), version: { increment: 1 } },
    });
    return count === 1;
  }

  async update(
    id: string,
    change: { displayName?: string | null; roles?: readonly string[] },
  ): Promise<User | undefined> {
    const { roles, ...rest } = change;
    const [user] = await this.host.tx.user.updateManyAndReturn({
      where: { id, deletedAt: null },
      data: { ...rest, ...(roles === undefined ? {} : { roles: [...roles] }), version: { increment: 1 } },
      select: profile,
    });
    return user;
  }

  async markDeleted(id: string): Promise<boolean> {
    const { count } = await this.host.tx.user.updateMany({
      where: { id, deletedAt: null },
      data: { deletedAt: new Date(), version: { increment: 1 } },
    });
    return count === 1;
  }

  /** The administrators who can log in, locked: whoever takes one away waits for the others who do. */
  async lockAdministrators(): Promise<string[]> {
    const rows = await this.host.tx.$queryRaw<{ id: string }[]>`
      SELECT id FROM users
      WHERE roles @> ARRAY['admin'] AND deleted_at IS NULL AND disabled_at IS NULL
        AND email_verified_at IS NOT NULL AND password_hash IS NOT NULL ORDER BY id FOR UPDATE`;
    return rows.map((row) => row.id);
  }
}

/** One page of live users; exported so that its plan can be examined. */
export function listStatement(filter: UserFilter, request: KeysetRequest): Prisma.Sql {
  return Prisma.sql`
    SELECT id, email, email_verified_at AS "emailVerifiedAt", display_name AS "displayName", locale, timezone, roles,
      disabled_at AS "disabledAt", version, created_at AS "createdAt", updated_at AS "updatedAt",
      ARRAY[${keyOf(filter.sort)}, id::text] AS keys
    FROM users WHERE ${conditions(filter)} ${keysetClauses(orderOf(filter.sort), request)}`;
}

/** What live users a filter means. */
export function conditions(filter: Omit<UserFilter, 'sort'>): Prisma.Sql {
  const parts = [Prisma.sql`deleted_at IS NULL`];
  if (filter.emailPrefix !== undefined) {
    // Bounds rather than LIKE: the generic plan of a named statement makes no index range of a pattern.
    const end = `${filter.emailPrefix}\u{10FFFF}`;
    parts.push(Prisma.sql`email_normalized >= ${filter.emailPrefix} AND email_normalized < ${end}`);
  }
  if (filter.role !== undefined) parts.push(Prisma.sql`roles @> ARRAY[${filter.role}]`);
  if (filter.status !== undefined) parts.push(statusCondition[filter.status]);
  if (filter.createdAfter !== undefined) parts.push(Prisma.sql`created_at > ${filter.createdAfter}::timestamptz`);
  if (filter.createdBefore !== undefined) parts.push(Prisma.sql`created_at < ${filter.createdBefore}::timestamptz`);
  return Prisma.join(parts, ' AND ');
}

export const statusCondition: Record<UserStatus, Prisma.Sql> = {
  unverified: Prisma.sql`disabled_at IS NULL AND email_verified_at IS NULL`,
  active: Prisma.sql`disabled_at IS NULL AND email_verified_at IS NOT NULL`,
  disabled: Prisma.sql`disabled_at IS NOT NULL`,
};

const byTime = Prisma.sql`created_at`;
const byEmail = Prisma.sql`email_normalized`;
const id = { sql: Prisma.sql`id`, type: Prisma.sql`uuid` };

function orderOf(sort: UserSort): SortOrder {
  const first = sort.endsWith('email')
    ? { sql: byEmail, type: Prisma.sql`text` }
    : { sql: byTime, type: Prisma.sql`timestamptz` };
  return { columns: [first, id], descending: sort.startsWith('-') };
}

function keyOf(sort: UserSort): Prisma.Sql {
  return sort.endsWith('email') ? Prisma.sql`email_normalized::text` : microseconds(byTime);
}
