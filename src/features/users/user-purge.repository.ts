import { Injectable } from '@nestjs/common';
import { Prisma } from '../../platform/database/generated/client.ts';
import { Transactions } from '../../platform/database/transactions.ts';
import type { RetentionTaskRunner } from '../../platform/feature/feature.ts';

/** Users that were deleted 30 days ago and can no longer be restored. */
const deleted = { expired: Prisma.sql`deleted_at < now() - interval '30 days'`, order: Prisma.sql`deleted_at` };

/** Accounts that were not verified within 30 days. */
const unverified = {
  expired: Prisma.sql`email_verified_at IS NULL AND deleted_at IS NULL AND updated_at < now() - interval '30 days'`,
  order: Prisma.sql`updated_at`,
};

/** Permanently deletes users. */
@Injectable()
export class UserPurgeRepository {
  constructor(private readonly db: Transactions) {}

  /** Returns the ids of at most `limit` users to purge. */
  async findNext(limit: number): Promise<string[]> {
    const queries = [deleted, unverified].map(
      ({ expired, order }) => Prisma.sql`(SELECT id FROM users WHERE ${expired} ORDER BY ${order} LIMIT ${limit})`,
    );
    const rows = await this.db.tx.$queryRaw<{ id: string }[]>`
      ${Prisma.join(queries, ' UNION ALL ')} LIMIT ${limit}`;
    return rows.map(({ id }) => id);
  }

  /**
   * Removes the origin of a user from the next `limit` audit events, by a trigger. Events with the same time are
   * updated together. False when there are no further ones.
   */
  async anonymizeNext(id: string, limit: number): Promise<boolean> {
    const streams = [Prisma.sql`actor_id`, Prisma.sql`subject_id`].flatMap((column) =>
      ['success', 'failure'].map((outcome) => nextEvents(column, outcome, limit)),
    );
    const [user] = await this.db.tx.$queryRaw<{ hasMore: boolean }[]>`
      UPDATE users SET anonymized_until = coalesce((
        SELECT max(at) FROM (
          SELECT at FROM (${Prisma.join(streams, ' UNION ALL ')}) AS events ORDER BY at LIMIT ${limit}
        ) AS next HAVING count(*) = ${limit}
      ), now())
      WHERE id = ${id}::uuid RETURNING anonymized_until < now() AS "hasMore"`;
    return user?.hasMore ?? false;
  }

  /** Deletes those of these users that are still to be purged, and returns how many. */
  async delete(ids: readonly string[]): Promise<number> {
    return await this.db.tx.$executeRaw`
      DELETE FROM users WHERE id IN (
        SELECT id FROM users
        WHERE id = ANY(${[...ids]}::uuid[]) AND (${deleted.expired} OR ${unverified.expired})
        FOR UPDATE SKIP LOCKED
      )`;
  }
}

/** The times of a user's next events, with the expressions of the indexes of the event lists. */
function nextEvents(column: Prisma.Sql, outcome: string, limit: number): Prisma.Sql {
  return Prisma.sql`(
    SELECT at FROM audit_events
    WHERE hashtextextended(${column}::text || ' ' || outcome, 0)
        = hashtextextended(users.id::text || ' ' || ${outcome}::text, 0)
      AND ${column} = users.id AND at > coalesce(users.anonymized_until, '-infinity') ORDER BY at LIMIT ${limit})`;
}

/** Permanently deletes users after their origin was removed from the audit log, which may take many batches for one. */
@Injectable()
export class UserPurge implements RetentionTaskRunner {
  constructor(private readonly users: UserPurgeRepository) {}

  async deleteExpired(limit: number, signal: AbortSignal): Promise<number> {
    const ids = await this.users.findNext(limit);
    for (const id of ids) {
      while (await this.users.anonymizeNext(id, limit)) signal.throwIfAborted();
      signal.throwIfAborted();
    }
    return ids.length === 0 ? 0 : await this.users.delete(ids);
  }
}
