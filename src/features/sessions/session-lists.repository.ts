import { Injectable } from '@nestjs/common';
import { Prisma } from '../../database/generated/client.ts';
import { Transactions } from '../../database/transactions.ts';

/** A live session as its user, or an administrator, may see it. */
export interface ListedSession {
  readonly id: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  readonly ip: string | null;
  readonly userAgent: string | null;
  /** Authentication method references (RFC 8176). */
  readonly amr: readonly string[];
}

/** Nobody has ended it, and its time is not over: neither all of it nor that of its newest refresh token. */
const isLive = Prisma.sql`
  killed_at IS NULL AND expires_at > now() AND now() < coalesce((
    SELECT t.expires_at FROM refresh_tokens t WHERE t.session_id = sessions.id ORDER BY t.generation DESC LIMIT 1
  ), sessions.expires_at)`;

/** Live sessions in lists: those that can be gone on with. */
@Injectable()
export class SessionListsRepository {
  constructor(private readonly host: Transactions) {}

  /** Newest first. */
  async list(userId: string, { skip, take }: { skip: number; take: number }): Promise<ListedSession[]> {
    return await this.host.tx.$queryRaw<ListedSession[]>`
      SELECT id, created_at AS "createdAt", last_used_at AS "lastUsedAt", ip, user_agent AS "userAgent", amr
      FROM sessions WHERE user_id = ${userId}::uuid AND ${isLive}
      ORDER BY created_at DESC, id DESC LIMIT ${take} OFFSET ${skip}`;
  }

  async hasLiveUser(userId: string): Promise<boolean> {
    const users = await this.host.tx.$queryRaw<unknown[]>`
      SELECT 1 FROM users WHERE id = ${userId}::uuid AND deleted_at IS NULL`;
    return users.length === 1;
  }

  /** How many a user has who is not deleted; undefined when there is none. */
  async count(userId: string): Promise<number | undefined> {
    const [row] = await this.host.tx.$queryRaw<{ count: bigint }[]>`
      SELECT (
        SELECT count(*) FROM sessions WHERE user_id = users.id AND ${isLive}
      ) AS count
      FROM users WHERE id = ${userId}::uuid AND deleted_at IS NULL`;
    return row === undefined ? undefined : Number(row.count);
  }
}
