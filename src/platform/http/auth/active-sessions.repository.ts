import { Injectable } from '@nestjs/common';
import { PreparedQueries } from '../../database/prepared-queries.ts';
import { Transactions } from '../../database/transactions.ts';

/** The owner of an active session. */
export interface ActiveSessionOwner {
  readonly userId: string;
  readonly roles: readonly string[];
  /** Whether logins of the owner require a second factor. */
  readonly mfaEnabled: boolean;
}

/** An active session and its absolute expiry. */
export interface ActiveSession extends ActiveSessionOwner {
  readonly endsAt: Date;
}

const activeSession = {
  name: 'active_session',
  text: `
    SELECT u.id AS "userId", u.roles, u.mfa_enabled AS "mfaEnabled", s.expires_at AS "endsAt"
    FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE s.id = $1::uuid AND s.revoked_at IS NULL AND s.expires_at > now()
      AND u.disabled_at IS NULL AND u.deleted_at IS NULL`,
};

/** Reads which sessions are active and to whom they belong. */
@Injectable()
export class ActiveSessionsRepository {
  constructor(
    private readonly db: Transactions,
    private readonly prepared: PreparedQueries,
  ) {}

  /** The session if it is neither revoked nor expired and its user neither disabled nor deleted. */
  async findActive(sessionId: string): Promise<ActiveSession | undefined> {
    const [session] = await this.prepared.query<ActiveSession>(activeSession, [sessionId]);
    return session;
  }

  /** The owners of many sessions by session id; sessions that are not active are absent. */
  async findActiveOwners(sessionIds: readonly string[]): Promise<ReadonlyMap<string, ActiveSessionOwner>> {
    const rows = await this.db.tx.$queryRaw<(ActiveSessionOwner & { sessionId: string })[]>`
      SELECT s.id AS "sessionId", u.id AS "userId", u.roles, u.mfa_enabled AS "mfaEnabled"
      FROM sessions s JOIN users u ON u.id = s.user_id
      WHERE s.id = ANY(${sessionIds}::uuid[]) AND s.revoked_at IS NULL AND s.expires_at > now()
        AND u.disabled_at IS NULL AND u.deleted_at IS NULL`;
    return new Map(rows.map(({ sessionId, ...owner }) => [sessionId, owner]));
  }
}
