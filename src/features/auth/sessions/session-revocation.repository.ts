import { Injectable } from '@nestjs/common';
import type { CommonAuditRow } from '../../../platform/database/audit-rows.ts';
import { insertAuditRows } from '../../../platform/database/audit-rows.ts';
import { Prisma } from '../../../platform/database/generated/client.ts';
import { Transactions } from '../../../platform/database/transactions.ts';

/** The revocation of several sessions of a user. */
export interface BulkRevocation {
  readonly userId: string;
  readonly reason: string;
  /** The common columns of the audit events, one for each session that was active. */
  readonly audit: CommonAuditRow;
}

/** Sessions that began at a provider. */
export interface ProviderSessions {
  readonly identityId: string;
  /** The `sid` of the session at the provider; all of the identity when absent. */
  readonly providerSessionId?: string;
}

export interface BulkRevocationResult {
  /** The number of revoked sessions that were active. */
  readonly events: number;
  /** Whether the given session was active; false when none was given. */
  readonly wasActive: boolean;
}

const all = Prisma.sql`true`;
/** Sessions that one login revokes at most, so that a user with many more does not wait for their revocation. */
const surplusMax = 1000;

/**
 * Revokes any number of sessions of a user in one statement. It locks them in the order of their ids, which prevents
 * deadlocks with concurrent revocations, and inserts an audit event for each one that was active.
 */
@Injectable()
export class SessionRevocationRepository {
  constructor(private readonly db: Transactions) {}

  /** Revokes all sessions. `wasActive` is about session `id`. */
  async revokeAll(revocation: BulkRevocation, id: string | null): Promise<BulkRevocationResult> {
    return await this.revoke(revocation, { locked: unrevokedOf(revocation), revoked: all, given: isSession(id) });
  }

  /** Revokes all sessions except this one; none when this one is not active. */
  async revokeOthers(revocation: BulkRevocation, id: string): Promise<BulkRevocationResult> {
    const given = isSession(id);
    const revoked = Prisma.sql`NOT ${given} AND EXISTS (SELECT FROM locked WHERE ${given} AND is_active)`;
    return await this.revoke(revocation, { locked: unrevokedOf(revocation), revoked, given });
  }

  /**
   * Revokes the least recently used sessions of a user who has more than `max`; the newest one stays. Expired sessions
   * are revoked first.
   */
  async revokeSurplus(revocation: BulkRevocation, newestId: string, max: number): Promise<BulkRevocationResult> {
    const others = Prisma.sql`${unrevokedOf(revocation)} AND id <> ${newestId}::uuid`;
    // With an array PostgreSQL uses the primary key, whatever number of sessions it estimates for the user.
    const surplus = Prisma.sql`revoked_at IS NULL AND id = ANY(ARRAY(
      SELECT id FROM sessions WHERE ${others} ORDER BY expires_at > now(), last_used_at, id
      LIMIT least(${surplusMax}, greatest(0, (SELECT count(*) FROM sessions WHERE ${others}) - ${max - 1}))
    ))`;
    return await this.revoke(revocation, { locked: surplus, revoked: all, given: isSession(null) });
  }

  /**
   * Revokes the sessions that began with an identity; with `providerSessionId` those of one session at the provider.
   */
  async revokeOfIdentity(
    revocation: BulkRevocation,
    { identityId, providerSessionId }: ProviderSessions,
  ): Promise<BulkRevocationResult> {
    const ofSession = providerSessionId === undefined ? all : Prisma.sql`provider_session_id = ${providerSessionId}`;
    const locked = Prisma.sql`${unrevokedOf(revocation)} AND identity_id = ${identityId}::uuid AND ${ofSession}`;
    return await this.revoke(revocation, { locked, revoked: all, given: isSession(null) });
  }

  /** Locks the sessions that match `locked`, and revokes those of them that match `revoked`. */
  private async revoke(
    { reason, audit }: BulkRevocation,
    { locked, revoked, given }: Readonly<Record<'locked' | 'revoked' | 'given', Prisma.Sql>>,
  ): Promise<BulkRevocationResult> {
    const events = Prisma.sql`
      SELECT row_number() OVER (ORDER BY id) AS place, id AS session_id, ${reason} AS reason
      FROM revoked WHERE is_active`;
    const [result] = await this.db.tx.$queryRaw<BulkRevocationResult[]>`
      WITH locked AS MATERIALIZED (
        SELECT id, expires_at > now() AS is_active FROM sessions WHERE ${locked} ORDER BY id FOR UPDATE
      ), revoked AS (
        UPDATE sessions SET revoked_at = now(), revoked_reason = ${reason} FROM locked
        WHERE sessions.id = locked.id AND ${revoked}
        RETURNING sessions.id, is_active
      ), written AS (${insertAuditRows(audit, events)})
      SELECT (SELECT count(*) FROM revoked WHERE is_active)::int AS events,
        EXISTS (SELECT FROM locked WHERE ${given} AND is_active) AS "wasActive"`;
    return result ?? { events: 0, wasActive: false };
  }
}

function unrevokedOf({ userId }: BulkRevocation): Prisma.Sql {
  return Prisma.sql`user_id = ${userId}::uuid AND revoked_at IS NULL`;
}

function isSession(id: string | null): Prisma.Sql {
  return Prisma.sql`locked.id = ${id}::uuid`;
}
