import { Injectable } from '@nestjs/common';
import { Prisma } from '../../database/generated/client.ts';
import type { KeysetRequest, Slice, SortOrder } from '../../database/keyset.ts';
import { keysetClauses, microseconds, slice } from '../../database/keyset.ts';
import { NamedReads } from '../../database/named-reads.ts';
import { Transactions } from '../../database/transactions.ts';
import type { ListedUser, UserFilter, UserSort, UserStatus } from './user.ts';

/** Live users by what they have in common. */
@Injectable()
export class UsersListRepository {
  constructor(
    private readonly host: Transactions,
    private readonly reads: NamedReads,
  ) {}

  async list(filter: UserFilter, request: KeysetRequest): Promise<Slice<ListedUser>> {
    return slice(await this.reads.queryComposed<ListedUser>(listStatement(filter, request)), request);
  }

  async count(filter: UserFilter): Promise<number> {
    const [row] = await this.host.tx.$queryRaw<{ count: bigint }[]>`
      SELECT count(*) FROM users WHERE ${conditions(filter)}`;
    return Number(row?.count ?? 0);
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
