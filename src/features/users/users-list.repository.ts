import { Injectable } from '@nestjs/common';
import { Prisma } from '../../platform/database/generated/client.ts';
import type { Bound, KeysetRequest, Slice, SortOrder } from '../../platform/database/keyset.ts';
import { byTime, impliedBound, keysByTime, keysetClauses, slice } from '../../platform/database/keyset.ts';
import { PreparedQueries } from '../../platform/database/prepared-queries.ts';
import type { Total } from '../../platform/database/totals.ts';
import { Totals } from '../../platform/database/totals.ts';
import { normalizedEmail } from '../../platform/validation/normalized-email.ts';
import type { ListedUser, UserFilter, UserSort, UserStatus } from './user.ts';

/** Lists users that are not deleted. */
@Injectable()
export class UsersListRepository {
  constructor(
    private readonly prepared: PreparedQueries,
    private readonly totals: Totals,
  ) {}

  async list(filter: UserFilter, request: KeysetRequest): Promise<Slice<ListedUser>> {
    const planned = hasRangeBesideSort(filter) ? 'each time' : 'once';
    return slice(await this.prepared.queryDynamic<ListedUser>(listStatement(filter, request), planned), request);
  }

  async count(filter: UserFilter): Promise<Total> {
    const { status, ...others } = filter;
    const matching = Prisma.sql`FROM users WHERE ${conditions(filter)}`;
    if (status === undefined) return await this.totals.count(matching);
    const described = Prisma.sql`FROM users WHERE ${conditions(others)} AND ${plainStatus[status]}`;
    return await this.totals.count(matching, described);
  }
}

/** One page of users that are not deleted; exported so that a test can examine its plan. */
export function listStatement(filter: UserFilter, request: KeysetRequest): Prisma.Sql {
  const order = orderOf(filter.sort);
  const bound = impliedBound(order.descending, request);
  const implied = filter.sort.endsWith('email') ? { email: bound } : { time: bound };
  return Prisma.sql`
    SELECT id, email, email_verified_at AS "emailVerifiedAt", display_name AS "displayName", locale, timezone, roles,
      disabled_at AS "disabledAt", version, created_at AS "createdAt", updated_at AS "updatedAt",
      ${keysOf(filter.sort)}
    FROM users WHERE ${conditions(filter, implied)} ${keysetClauses(order, request)}`;
}

/**
 * Roles as constants: PostgreSQL estimates their frequency in generic plans too, and uses the partial indexes of a rare
 * role. Users with any other role are found by a scan.
 */
const knownRoles: Readonly<Record<string, Prisma.Sql>> = {
  user: Prisma.sql`roles @> ARRAY['user']`,
  admin: Prisma.sql`roles @> ARRAY['admin']`,
};

/** Bounds of the filter's ranges that the cursor implies. */
interface ImpliedBounds {
  readonly email?: Bound | undefined;
  readonly time?: Bound | undefined;
}

/** The conditions of a filter of users that are not deleted. */
export function conditions(filter: Omit<UserFilter, 'sort'>, implied: ImpliedBounds = {}): Prisma.Sql {
  const { emailPrefix, createdAfter, createdBefore } = filter;
  const prefix = emailPrefix === undefined ? undefined : normalizedEmail(emailPrefix);
  const parts = [Prisma.sql`deleted_at IS NULL`];
  // Bounds rather than LIKE: a generic plan does not derive an index range from a pattern parameter.
  if (prefix !== undefined && implied.email !== 'lower') parts.push(Prisma.sql`email_normalized >= ${prefix}`);
  if (prefix !== undefined && implied.email !== 'upper')
    parts.push(Prisma.sql`email_normalized < ${`${prefix}\u{10FFFF}`}`);
  if (createdAfter !== undefined && implied.time !== 'lower')
    parts.push(Prisma.sql`created_at > ${createdAfter}::timestamptz`);
  if (createdBefore !== undefined && implied.time !== 'upper')
    parts.push(Prisma.sql`created_at < ${createdBefore}::timestamptz`);
  if (filter.role !== undefined) parts.push(knownRoles[filter.role] ?? Prisma.sql`roles @> ARRAY[${filter.role}]`);
  if (filter.status !== undefined) parts.push(Prisma.sql`${statusOf} = ${filter.status}`);
  return Prisma.join(parts, ' AND ');
}

/** The status of a user, as the expression of the indexes that start with it. */
export const statusOf = Prisma.sql`CASE WHEN disabled_at IS NOT NULL THEN 'disabled'
  WHEN email_verified_at IS NULL THEN 'unverified' ELSE 'active' END`;

/** The same without the expression, for which PostgreSQL estimates one row in 200 for every status. */
const plainStatus: Readonly<Record<UserStatus, Prisma.Sql>> = {
  disabled: Prisma.sql`disabled_at IS NOT NULL`,
  unverified: Prisma.sql`disabled_at IS NULL AND email_verified_at IS NULL`,
  active: Prisma.sql`disabled_at IS NULL AND email_verified_at IS NOT NULL`,
};

/**
 * Whether the range and the order are in different indexes, so that the better plan depends on the number of users in
 * the range.
 */
function hasRangeBesideSort({ sort, emailPrefix, createdAfter, createdBefore }: UserFilter): boolean {
  const isByEmail = sort.endsWith('email');
  const hasTimeRange = createdAfter !== undefined || createdBefore !== undefined;
  return isByEmail ? hasTimeRange : emailPrefix !== undefined;
}

const time = Prisma.sql`created_at`;

function orderOf(sort: UserSort): SortOrder {
  const descending = sort.startsWith('-');
  if (!sort.endsWith('email')) return byTime(time, descending);
  // Email addresses of users that are not deleted are unique.
  return { columns: [{ sql: Prisma.sql`email_normalized`, type: Prisma.sql`text` }], descending };
}

function keysOf(sort: UserSort): Prisma.Sql {
  return sort.endsWith('email') ? Prisma.sql`ARRAY[email_normalized::text] AS keys` : keysByTime(time);
}
