import { Prisma } from './generated/client.ts';

/** Maximum length of the reason of an audit event, in characters. */
export const auditReasonMax = 200;

/**
 * Shortens a reason that is too long, with `…` at its end: an INSERT that fails would prevent the action, or lose the
 * record of a rejected one. Reasons list roles and permissions, whose number and names an application chooses.
 */
export function shortReason(reason: string): string {
  return reason.length <= auditReasonMax ? reason : `${reason.slice(0, auditReasonMax - 1).toWellFormed()}…`;
}

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
  readonly traceId: string | null;
}

/**
 * Builds an INSERT of one audit event for each row of `source`, to be part of the statement that changes those rows. No
 * row is transferred to this process, whatever their number. `source` is a SELECT of `place` (1, 2, 3, …), `session_id`
 * and `reason`, which is shortened as by `shortReason`. `subjectId` is the column of `source` that has the subject of
 * each event, if they differ.
 */
export function insertAuditRows(
  row: CommonAuditRow,
  source: Prisma.Sql,
  subjectId = Prisma.sql`${row.subjectId}::uuid`,
): Prisma.Sql {
  return Prisma.sql`
    INSERT INTO audit_events (id, event, outcome, actor_id, subject_id, session_id, reason, ip, user_agent,
      request_id, trace_id)
    SELECT uuid_v7(place), ${row.event}, ${row.outcome}, ${row.actorId}::uuid, ${subjectId}, session_id,
      CASE WHEN length(reason) > ${auditReasonMax}::int THEN left(reason, ${auditReasonMax - 1}::int) || '…' ELSE reason END,
      ${row.ip}, ${row.userAgent}, ${row.requestId}, ${row.traceId}
    FROM (${source}) AS source`;
}
