import { Prisma } from '../../platform/database/generated/client.ts';
import { keyedRows } from '../../platform/database/list-key.ts';
import type { RecordStatements } from '../jobs/artifacts/index.ts';
import { isoTime } from '../jobs/artifacts/index.ts';
import type { AuditFilter } from './audit-event.ts';
import { auditRows } from './audit.repository.ts';

/** The columns of exported events: the fields of the API. */
export const auditColumns = [
  'id',
  'at',
  'event',
  'outcome',
  'actorId',
  'subjectId',
  'sessionId',
  'reason',
  'ip',
  'userAgent',
  'requestId',
  'traceId',
] as const;

const selected = Prisma.sql`id, ${isoTime(Prisma.sql`at`)} AS at, event, outcome, actor_id AS "actorId",
  subject_id AS "subjectId", session_id AS "sessionId", reason, ip, user_agent AS "userAgent",
  request_id AS "requestId", trace_id AS "traceId"`;

/** The events of a filter, the oldest first, by the same indexes as a list of them. */
export function auditRecords(filter: Omit<AuditFilter, 'descending'>): RecordStatements {
  const rows = auditRows(filter);
  const isKeyed = rows.filters.length > 0 || filter.outcome !== undefined;
  // Otherwise PostgreSQL would sort the whole log, which the index of times returns in order.
  const matching = isKeyed
    ? keyedRows([rows], Prisma.sql`*`)
    : Prisma.sql`FROM audit_events AS found WHERE ${rows.conditions}`;
  return {
    count: Prisma.sql`SELECT count(*) ${matching}`,
    records: Prisma.sql`SELECT ${selected} ${matching} ORDER BY found.at, found.id`,
  };
}
