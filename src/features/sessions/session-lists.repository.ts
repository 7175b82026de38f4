import { Injectable } from '@nestjs/common';
import { Prisma } from '../../database/generated/client.ts';
import type { KeysetRequest, Slice } from '../../database/keyset.ts';
import { byTime, keysByTime, keysetClauses, slice } from '../../database/keyset.ts';
import type { Total } from '../../database/totals.ts';
import { Totals } from '../../database/totals.ts';
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
  /** The values that the list is sorted by, as text. */
  readonly keys: readonly string[];
}

/** Nobody has ended it, and its time is not over: neither all of it nor that of its newest refresh token. */
const isLive = Prisma.sql`
  killed_at IS NULL AND expires_at > now() AND now() < coalesce((
    SELECT t.expires_at FROM refresh_tokens t WHERE t.session_id = sessions.id ORDER BY t.generation DESC LIMIT 1
  ), sessions.expires_at)`;

/** Live sessions in lists: those that can be gone on with. */
@Injectable()
export class SessionListsRepository {
  constructor(
    private readonly host: Transactions,
    private readonly totals: Totals,
  ) {}

  async list(userId: string, request: KeysetRequest): Promise<Slice<ListedSession>> {
    return slice(await this.host.tx.$queryRaw<ListedSession[]>(sessionListStatement(userId, request)), request);
  }

  async hasLiveUser(userId: string): Promise<boolean> {
    const users = await this.host.tx.$queryRaw<unknown[]>`
      SELECT 1 FROM users WHERE id = ${userId}::uuid AND deleted_at IS NULL`;
    return users.length === 1;
  }

  async count(userId: string): Promise<Total> {
    return await this.totals.count(Prisma.sql`FROM sessions WHERE user_id = ${userId}::uuid AND ${isLive}`);
  }
}

const time = Prisma.sql`created_at`;

/** One page of live sessions, newest first; exported so that its plan can be examined. */
export function sessionListStatement(userId: string, request: KeysetRequest): Prisma.Sql {
  return Prisma.sql`
    SELECT id, created_at AS "createdAt", last_used_at AS "lastUsedAt", ip, user_agent AS "userAgent", amr,
      ${keysByTime(time)}
    FROM sessions WHERE user_id = ${userId}::uuid AND ${isLive} ${keysetClauses(byTime(time, true), request)}`;
}
