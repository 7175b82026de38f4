import { Prisma } from './generated/client.ts';

/** What the audit events that one statement writes have in common. */
export interface CommonAuditRow {
  readonly event: string;
  readonly outcome: string;
  readonly actorId: string | null;
  readonly subjectId: string | null;
  readonly sessionId: string | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | null;
}

/**
 * An INSERT of one audit event for each row of `source`, as a part of the statement that changes those rows: however many
 * they are, none of them comes to this process. `source` is a SELECT of `place` (1 for the first event, one more for
 * each), `session_id` and `reason`.
 */
export function insertAuditRows(row: CommonAuditRow, source: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    INSERT INTO audit_events (id, event, outcome, actor_id, subject_id, session_id, reason, ip, user_agent, request_id)
    SELECT uuid_v7(place), ${row.event}, ${row.outcome}, ${row.actorId}::uuid, ${row.subjectId}::uuid, session_id,
      reason, ${row.ip}, ${row.userAgent}, ${row.requestId}
    FROM (${source}) AS source`;
}
