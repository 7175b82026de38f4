import { Injectable } from '@nestjs/common';
import { Prisma } from '../../../platform/database/generated/client.ts';
import type { KeysetRequest, Slice } from '../../../platform/database/keyset.ts';
import { byTime, keysByTime, keysetClauses, slice } from '../../../platform/database/keyset.ts';
import type { Total } from '../../../platform/database/totals.ts';
import { Totals } from '../../../platform/database/totals.ts';
import { Transactions } from '../../../platform/database/transactions.ts';

/** An active session as its user and administrators see it. */
export interface ListedSession {
  readonly id: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  readonly ip: string | null;
  readonly userAgent: string | null;
  /** Authentication method references (RFC 8176). */
  readonly amr: readonly string[];
  /** The values of the sort keys, as text. */
  readonly keys: readonly string[];
}

/** Not revoked, and neither the session nor its newest refresh token has expired. */
const isActive = Prisma.sql`
  revoked_at IS NULL AND expires_at > now() AND now() < coalesce((
    SELECT t.expires_at FROM refresh_tokens t WHERE t.session_id = sessions.id ORDER BY t.generation DESC LIMIT 1
  ), sessions.expires_at)`;

/** Lists active sessions. */
@Injectable()
export class SessionListsRepository {
  constructor(
    private readonly db: Transactions,
    private readonly totals: Totals,
  ) {}

  async list(userId: string, request: KeysetRequest): Promise<Slice<ListedSession>> {
    return slice(await this.db.tx.$queryRaw<ListedSession[]>(sessionListStatement(userId, request)), request);
  }

  async userExists(userId: string): Promise<boolean> {
    const users = await this.db.tx.$queryRaw<unknown[]>`
      SELECT 1 FROM users WHERE id = ${userId}::uuid AND deleted_at IS NULL`;
    return users.length === 1;
  }

  async count(userId: string): Promise<Total> {
    return await this.totals.count(Prisma.sql`FROM sessions WHERE user_id = ${userId}::uuid AND ${isActive}`);
  }
}

/** The sessions in the export of an account, ended ones included. */
export const sessionsExport = `
  SELECT id, created_at AS "createdAt", last_used_at AS "lastUsedAt", auth_time AS "authenticatedAt",
    expires_at AS "expiresAt", revoked_at AS "revokedAt", revoked_reason AS "revokedReason", amr, ip,
    user_agent AS "userAgent"
  FROM sessions WHERE user_id = $1::uuid ORDER BY created_at, id`;

const time = Prisma.sql`created_at`;

/** One page of active sessions, newest first; exported for the test of its query plan. */
export function sessionListStatement(userId: string, request: KeysetRequest): Prisma.Sql {
  return Prisma.sql`
    SELECT id, created_at AS "createdAt", last_used_at AS "lastUsedAt", ip, user_agent AS "userAgent", amr,
      ${keysByTime(time)}
    FROM sessions WHERE user_id = ${userId}::uuid AND ${isActive} ${keysetClauses(byTime(time, true), request)}`;
}
