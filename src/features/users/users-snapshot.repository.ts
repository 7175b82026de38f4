import { Injectable } from '@nestjs/common';
import { Prisma } from '../../platform/database/generated/client.ts';
import type { RowHandler } from './snapshots.repository.ts';
import { SnapshotsRepository } from './snapshots.repository.ts';
import type { UserFilter, UserRecord } from './user.ts';
import { conditions, statusOf } from './users-list.repository.ts';

/** Receives the users of a snapshot, in the order of creation. */
export interface UsersSnapshotHandler extends RowHandler<UserRecord> {
  /** Called once, before the first user. */
  readonly onStart: (total: number) => void;
}

/** In the order of UserRecord. Times are text, since a Date would only be formatted again. */
const recordColumns = Prisma.sql`id, email, email_verified_at IS NOT NULL AS "emailVerified",
  display_name AS "displayName", locale, timezone, roles,
  ${statusOf} AS status,
  ${isoTime(Prisma.sql`created_at`)} AS "createdAt", ${isoTime(Prisma.sql`updated_at`)} AS "updatedAt"`;

/** Reads any number of users. */
@Injectable()
export class UsersSnapshotRepository {
  constructor(private readonly snapshots: SnapshotsRepository) {}

  /** Reads the users of a filter that are not deleted, in one read-only snapshot. */
  async read(filter: Omit<UserFilter, 'sort'>, handler: UsersSnapshotHandler): Promise<void> {
    const matching = Prisma.sql`FROM users WHERE ${conditions(filter)}`;
    await this.snapshots.open(async (snapshot) => {
      handler.onStart(await snapshot.count(Prisma.sql`SELECT count(*) ${matching}`));
      await snapshot.read(Prisma.sql`SELECT ${recordColumns} ${matching} ORDER BY created_at, id`, handler);
    });
  }
}

/** Formats like Date.toISOString(). */
function isoTime(column: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
