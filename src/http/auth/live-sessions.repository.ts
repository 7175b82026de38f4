import { Injectable } from '@nestjs/common';
import { NamedReads } from '../../database/named-reads.ts';
import { Transactions } from '../../database/transactions.ts';
import type { Account } from './account.ts';

/** The holder of a live session. */
export interface SessionHolder {
  readonly userId: string;
  readonly roles: readonly string[];
}

const liveAccount = {
  name: 'live_account',
  text: `
    SELECT u.id, u.email, u.email_verified_at AS "emailVerifiedAt", u.display_name AS "displayName", u.locale, u.timezone,
      u.roles, u.disabled_at AS "disabledAt", u.version, u.created_at AS "createdAt", u.updated_at AS "updatedAt"
    FROM sessions s JOIN users u ON u.id = s.user_id
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
  async findLiveAccount(sessionId: string): Promise<Account | undefined> {
    const [account] = await this.reads.query<Account>(liveAccount, [sessionId]);
    return account;
  }

  /** The users of many sessions, by session; those that are not live are absent. */
  async findLiveHolders(sessionIds: readonly string[]): Promise<ReadonlyMap<string, SessionHolder>> {
    const rows = await this.host.tx.$queryRaw<(SessionHolder & { sessionId: string })[]>`
      SELECT s.id AS "sessionId", u.id AS "userId", u.roles
      FROM sessions s JOIN users u ON u.id = s.user_id
      WHERE s.id = ANY(${sessionIds}::uuid[]) AND s.killed_at IS NULL AND s.expires_at > now()
        AND u.disabled_at IS NULL AND u.deleted_at IS NULL`;
    return new Map(rows.map(({ sessionId, ...holder }) => [sessionId, holder]));
  }
}
