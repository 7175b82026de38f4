import { Injectable } from '@nestjs/common';
import type { CommonAuditRow } from '../../database/audit-rows.ts';
import { insertAuditRows } from '../../database/audit-rows.ts';
import { Prisma } from '../../database/generated/client.ts';
import { Transactions } from '../../database/transactions.ts';

/** How many sessions of a user end together. */
export interface SessionsEnd {
  readonly userId: string;
  readonly reason: string;
  /** What the audit events of the live ones among them have in common. */
  readonly audit: CommonAuditRow;
}

/** What one statement has ended. */
export interface SessionsEnded {
  /** One for each session that was live. */
  readonly events: number;
  /** Whether the session that was named was live; false when none was named. */
  readonly wasLive: boolean;
}

const all = Prisma.sql`true`;
/** So many end in one login: a user who has had more before there was a limit waits no longer for it. */
const surplusMax = 1000;

/**
 * Ends sessions of a user by one statement, whatever their number. It locks them in the order of their ids, so that of two
 * that end them one waits for the other, and writes an audit event for each that was live. No id comes to this process.
 */
@Injectable()
export class SessionEndsRepository {
  constructor(private readonly host: Transactions) {}

  /** Ends all of them, and tells whether this one, if any is named, was live. */
  async endAll(end: SessionsEnd, namedId: string | null): Promise<SessionsEnded> {
    return await this.end(end, { which: openOf(end), ends: all, named: isSession(namedId) });
  }

  /** Ends all but this one; none when this one is not live. */
  async endOthers(end: SessionsEnd, namedId: string): Promise<SessionsEnded> {
    const named = isSession(namedId);
    const ends = Prisma.sql`NOT ${named} AND EXISTS (SELECT FROM open WHERE ${named} AND is_live)`;
    return await this.end(end, { which: openOf(end), ends, named });
  }

  /**
   * Ends the least recently used sessions of a user who has more than `most`, among which the newest one stays. One whose
   * time is over goes first.
   */
  async endSurplus(end: SessionsEnd, newestId: string, most: number): Promise<SessionsEnded> {
    const others = Prisma.sql`${openOf(end)} AND id <> ${newestId}::uuid`;
    // An array is looked up in the index of ids, however many sessions PostgreSQL believes the user to have.
    const surplus = Prisma.sql`killed_at IS NULL AND id = ANY(ARRAY(
      SELECT id FROM sessions WHERE ${others} ORDER BY expires_at > now(), last_used_at, id
      LIMIT least(${surplusMax}, greatest(0, (SELECT count(*) FROM sessions WHERE ${others}) - ${most - 1}))
    ))`;
    return await this.end(end, { which: surplus, ends: all, named: isSession(null) });
  }

  /** `which` are locked, and of those the ones end that `ends` is true of. */
  private async end(
    { reason, audit }: SessionsEnd,
    { which, ends, named }: Readonly<Record<'which' | 'ends' | 'named', Prisma.Sql>>,
  ): Promise<SessionsEnded> {
    const events = Prisma.sql`
      SELECT row_number() OVER (ORDER BY id) AS place, id AS session_id, ${reason} AS reason FROM ended WHERE is_live`;
    const [ended] = await this.host.tx.$queryRaw<SessionsEnded[]>`
      WITH open AS MATERIALIZED (
        SELECT id, expires_at > now() AS is_live FROM sessions WHERE ${which} ORDER BY id FOR UPDATE
      ), ended AS (
        UPDATE sessions SET killed_at = now(), killed_reason = ${reason} FROM open
        WHERE sessions.id = open.id AND ${ends}
        RETURNING sessions.id, is_live
      ), written AS (${insertAuditRows(audit, events)})
      SELECT (SELECT count(*) FROM ended WHERE is_live)::int AS events,
        EXISTS (SELECT FROM open WHERE ${named} AND is_live) AS "wasLive"`;
    return ended ?? { events: 0, wasLive: false };
  }
}

function openOf({ userId }: SessionsEnd): Prisma.Sql {
  return Prisma.sql`user_id = ${userId}::uuid AND killed_at IS NULL`;
}

function isSession(id: string | null): Prisma.Sql {
  return Prisma.sql`open.id = ${id}::uuid`;
}
