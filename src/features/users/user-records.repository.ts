import { Prisma } from '../../platform/database/generated/client.ts';
import type { RecordStatements } from '../jobs/artifacts/index.ts';
import { isoTime } from '../jobs/artifacts/index.ts';
import type { UserFilter } from './user.ts';
import { conditions, statusOf } from './users-list.repository.ts';

/** The columns of exported users: the fields of the API. */
export const userRecordColumns = [
  'id',
  'email',
  'emailVerified',
  'displayName',
  'locale',
  'timezone',
  'roles',
  'status',
  'createdAt',
  'updatedAt',
] as const;

const selected = Prisma.sql`id, email, email_verified_at IS NOT NULL AS "emailVerified",
  display_name AS "displayName", locale, timezone, roles,
  ${statusOf} AS status,
  ${isoTime(Prisma.sql`created_at`)} AS "createdAt", ${isoTime(Prisma.sql`updated_at`)} AS "updatedAt"`;

/** The users of a filter that are not deleted, in the order of creation. */
export function userRecords(filter: Omit<UserFilter, 'sort'>): RecordStatements {
  const matching = Prisma.sql`FROM users WHERE ${conditions(filter)}`;
  return {
    count: Prisma.sql`SELECT count(*) ${matching}`,
    records: Prisma.sql`SELECT ${selected} ${matching} ORDER BY created_at, id`,
  };
}
