import { Injectable } from '@nestjs/common';
import { Transactions } from '../../database/transactions.ts';

/** The holder of a live session. */
export interface SessionHolder {
  readonly userId: string;
  readonly roles: readonly string[];
}

/** Asks the session table what a token's word is worth now. */
@Injectable()
export class LiveSessionsRepository {
  constructor(private readonly host: Transactions) {}

  /** The user of this session when it is neither killed nor over and the user is neither disabled nor deleted. */
  async findLiveHolder(sessionId: string): Promise<SessionHolder | undefined> {
    const [holder] = await this.host.tx.$queryRaw<SessionHolder[]>`
      SELECT u.id AS "userId", u.roles
      FROM sessions s JOIN users u ON u.id = s.user_id
      WHERE s.id = ${sessionId}::uuid AND s.killed_at IS NULL AND s.expires_at > now()
        AND u.disabled_at IS NULL AND u.deleted_at IS NULL`;
    return holder;
  }

  /** The same for many sessions; those that are not live are absent. */
  async findLiveHolders(sessionIds: readonly string[]): Promise<ReadonlyMap<string, SessionHolder>> {
    const rows = await this.host.tx.$queryRaw<(SessionHolder & { sessionId: string })[]>`
      SELECT s.id AS "sessionId", u.id AS "userId", u.roles
      FROM sessions s JOIN users u ON u.id = s.user_id
      WHERE s.id = ANY(${sessionIds}::uuid[]) AND s.killed_at IS NULL AND s.expires_at > now()
        AND u.disabled_at IS NULL AND u.deleted_at IS NULL`;
    return new Map(rows.map(({ sessionId, ...holder }) => [sessionId, holder]));
  }
}
