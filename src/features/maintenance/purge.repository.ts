import { Injectable } from '@nestjs/common';
import { Prisma } from '../../database/generated/client.ts';
import { Transactions } from '../../database/transactions.ts';

/** Users who were deleted 30 days ago, and can't be restored any more. */
const deleted = { over: Prisma.sql`deleted_at < now() - interval '30 days'`, order: Prisma.sql`deleted_at` };

/** Accounts that nobody has verified in 30 days. */
const unverified = {
  over: Prisma.sql`email_verified_at IS NULL AND deleted_at IS NULL AND updated_at < now() - interval '30 days'`,
  order: Prisma.sql`updated_at`,
};

/** Users who go for good. */
@Injectable()
export class PurgeRepository {
  constructor(private readonly host: Transactions) {}

  /** The next users who are to go, at most `limit`. */
  async findNext(limit: number): Promise<string[]> {
    const some = [deleted, unverified].map(
      ({ over, order }) => Prisma.sql`(SELECT id FROM users WHERE ${over} ORDER BY ${order} LIMIT ${limit})`,
    );
    const rows = await this.host.tx.$queryRaw<{ id: string }[]>`
      ${Prisma.join(some, ' UNION ALL ')} LIMIT ${limit}`;
    return rows.map(({ id }) => id);
  }

  /**
   * Makes the audit trail forget where a user was in the next `limit` events; a trigger blanks those. False when there are
   * no further ones. Events of the same moment go together.
   */
  async forgetNext(id: string, limit: number): Promise<boolean> {
    const streams = [Prisma.sql`actor_id`, Prisma.sql`subject_id`].flatMap((column) =>
      ['success', 'failure'].map((outcome) => eventsBehind(column, outcome, limit)),
    );
    const [user] = await this.host.tx.$queryRaw<{ isBehind: boolean }[]>`
      UPDATE users SET forgotten_until = coalesce((
        SELECT max(at) FROM (
          SELECT at FROM (${Prisma.join(streams, ' UNION ALL ')}) AS events ORDER BY at LIMIT ${limit}
        ) AS next HAVING count(*) = ${limit}
      ), now())
      WHERE id = ${id}::uuid RETURNING forgotten_until < now() AS "isBehind"`;
    return user?.isBehind ?? false;
  }

  /** Deletes those of these users who are to go still. */
  async delete(ids: readonly string[]): Promise<number> {
    return await this.host.tx.$executeRaw`
      DELETE FROM users WHERE id IN (
        SELECT id FROM users WHERE id = ANY(${[...ids]}::uuid[]) AND (${deleted.over} OR ${unverified.over})
        FOR UPDATE SKIP LOCKED
      )`;
  }
}

/** The times of a user's next events, in the words of the indexes of the lists of events. */
function eventsBehind(column: Prisma.Sql, outcome: string, limit: number): Prisma.Sql {
  return Prisma.sql`(
    SELECT at FROM audit_events
    WHERE hashtextextended(${column}::text || ' ' || outcome, 0) = hashtextextended(users.id::text || ' ' || ${outcome}::text, 0)
      AND ${column} = users.id AND at > coalesce(users.forgotten_until, '-infinity') ORDER BY at LIMIT ${limit})`;
}
