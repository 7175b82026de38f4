import { Injectable } from '@nestjs/common';
import { NamedReads } from '../../database/named-reads.ts';
import { Transactions } from '../../database/transactions.ts';

/** Whose a live session is. */
export interface SessionOwner {
  readonly userId: string;
  readonly roles: readonly string[];
}

/** A live session, and when it ends by itself. */
export interface LiveSession extends SessionOwner {
  readonly endsAt: Date;
}

const liveSession = {
  name: 'live_session',
  text: `
    SELECT u.id AS "userId", u.roles, s.expires_at AS "endsAt" FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE s.id = $1::uuid AND s.killed_at IS NULL AND s.expires_at > now()
      AND u.disabled_at IS NULL AND u.deleted_at IS NULL`,
};

/** Asks the session table what a token's word is worth now. */
@Injectable()
export class LiveSessionsRepository {
  constructor(
    private readonly host: Transactions,
    private readonly reads: NamedReads,
  ) {}

  /** The user of this session when it is neither killed nor over and the user is neither disabled nor deleted. */
  async findLive(sessionId: string): Promise<LiveSession | undefined> {
    const [session] = await this.reads.query<LiveSession>(liveSession, [sessionId]);
    return session;
  }

  /** The users of many sessions, by session; those that are not live are absent. */
  async findLiveHolders(sessionIds: readonly string[]): Promise<ReadonlyMap<string, SessionOwner>> {
    const rows = await this.host.tx.$queryRaw<(SessionOwner & { sessionId: string })[]>`
      SELECT s.id AS "sessionId", u.id AS "userId", u.roles
      FROM sessions s JOIN users u ON u.id = s.user_id
      WHERE s.id = ANY(${sessionIds}::uuid[]) AND s.killed_at IS NULL AND s.expires_at > now()
        AND u.disabled_at IS NULL AND u.deleted_at IS NULL`;
    return new Map(rows.map(({ sessionId, ...holder }) => [sessionId, holder]));
  }
}
