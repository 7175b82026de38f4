import { Inject, Injectable } from '@nestjs/common';
import { configToken } from '../../platform/config/config.module.ts';
import type { AuthConfig } from '../../platform/config/config.ts';
import { shortReason } from '../../platform/database/audit-rows.ts';
import { Prisma } from '../../platform/database/generated/client.ts';
import type { Bound, KeysetRequest, Slice } from '../../platform/database/keyset.ts';
import { byTime, impliedBound, keysByTime, slice } from '../../platform/database/keyset.ts';
import type { KeyedRows } from '../../platform/database/list-key.ts';
import { keyedPage, keyedRows } from '../../platform/database/list-key.ts';
import { PreparedQueries } from '../../platform/database/prepared-queries.ts';
import type { Total } from '../../platform/database/totals.ts';
import { Totals } from '../../platform/database/totals.ts';
import { Transactions } from '../../platform/database/transactions.ts';
import type { RetentionTaskRunner } from '../../platform/feature/feature.ts';
import { idBounds } from './audit-id-bounds.ts';
import { eventsWithReason, outcomes } from './audit-event.ts';
import type { AuditFilter, AuditOrigin, AuditRow, ListedAuditEvent } from './audit-event.ts';

/** The append-only table of audit events; a trigger rejects updates. */
@Injectable()
export class AuditRepository {
  constructor(
    private readonly db: Transactions,
    private readonly prepared: PreparedQueries,
    private readonly totals: Totals,
  ) {}

  /** A reason that is too long is shortened. */
  async insert(rows: readonly (AuditRow & AuditOrigin)[]): Promise<void> {
    const data = rows.map((row) => ({ ...row, reason: row.reason === null ? null : shortReason(row.reason) }));
    await this.db.tx.auditEvent.createMany({ data });
  }

  /** Creates the missing partitions of this month and the next two. */
  async createPartitions(): Promise<void> {
    await this.db.tx.$queryRaw`SELECT audit_events_create_partitions()`;
  }

  /**
   * Drops the partitions whose events are all older than these days, deletes at most `limit` events that have no
   * partition of their month, and returns how many events that were.
   */
  async deleteExpired(limit: number, olderThanDays: number): Promise<number> {
    const [row] = await this.db.tx.$queryRaw<{ count: number }[]>`
      SELECT audit_events_expire(${olderThanDays}::int, ${limit}::int) AS count`;
    return row?.count ?? 0;
  }

  async list(filter: AuditFilter, request: KeysetRequest): Promise<Slice<ListedAuditEvent>> {
    const { lowest, recent } = idBounds(filter, request);
    if (recent !== undefined) {
      const rows = await this.rowsOf(auditListStatement(filter, request, recent.lowest));
      if (recent.isComplete(rows)) return slice(rows, request);
    }
    return slice(await this.rowsOf(auditListStatement(filter, request, lowest)), request);
  }

  private async rowsOf(statement: Prisma.Sql): Promise<ListedAuditEvent[]> {
    return await this.prepared.queryDynamic<ListedAuditEvent>(statement, 'each time');
  }

  async count(filter: AuditFilter): Promise<Total> {
    const matching = Prisma.sql`FROM audit_events WHERE ${conditions(filter)}`;
    return await this.totals.count(keyedRows([auditRows(filter)]), matching);
  }
}

/** The events in the export of an account, without the identity and the origin of other users (SecurityEventDto). */
export const securityEventsExport = `
  SELECT id, at, event, outcome,
    CASE WHEN actor_id IS NULL THEN 'unknown' WHEN actor_id = subject_id THEN 'self' ELSE 'other' END AS actor,
    CASE WHEN event IN (${eventsWithReason.map((event) => `'${event}'`).join(', ')}) THEN reason END AS reason,
    CASE WHEN actor_id IS NULL OR actor_id = subject_id THEN ip END AS ip,
    CASE WHEN actor_id IS NULL OR actor_id = subject_id THEN user_agent END AS "userAgent"
  FROM (${outcomes.map(eventsOf).join(' UNION ALL ')}) AS events ORDER BY at, id`;

/** The events of one outcome, with the expression of the index of the event lists. */
function eventsOf(outcome: string): string {
  return `
    SELECT * FROM audit_events
    WHERE hashtextextended(subject_id::text || ' ' || outcome, 0) = hashtextextended($1::uuid::text || ' ${outcome}', 0)
      AND subject_id = $1::uuid AND outcome = '${outcome}'`;
}

const time = Prisma.sql`at`;

/** One page of the events with this id or a higher one; exported so that a test can examine its plan. */
export function auditListStatement(filter: AuditFilter, request: KeysetRequest, lowest?: string): Prisma.Sql {
  const { conditions, ...others } = auditRows(filter, impliedBound(filter.descending, request));
  const inBounds = lowest === undefined ? conditions : Prisma.sql`${conditions} AND id >= ${lowest}::uuid`;
  const rows = { ...others, conditions: inBounds };
  return Prisma.sql`
    SELECT id, at, event, outcome, actor_id AS "actorId", subject_id AS "subjectId", session_id AS "sessionId", reason,
      ip, user_agent AS "userAgent", request_id AS "requestId", trace_id AS "traceId",
      ${keysByTime(time)}
    ${keyedPage([rows], byTime(time, filter.descending), request)}`;
}

/** The events of a filter; a bound that the cursor implies is omitted. */
export function auditRows(
  { subjectId, actorId, event, outcome, ...times }: Omit<AuditFilter, 'descending'>,
  implied?: Bound,
): KeyedRows {
  const filters = [];
  if (subjectId !== undefined)
    filters.push({ column: Prisma.sql`subject_id::text`, value: Prisma.sql`${subjectId}::uuid::text` });
  if (actorId !== undefined)
    filters.push({ column: Prisma.sql`actor_id::text`, value: Prisma.sql`${actorId}::uuid::text` });
  if (event !== undefined) filters.push({ column: Prisma.sql`event`, value: Prisma.sql`${event}::text` });
  const each = { column: Prisma.sql`outcome`, values: outcome === undefined ? outcomes : [outcome] };
  return { table: Prisma.sql`audit_events`, filters, each, conditions: conditions(times, implied) };
}

/** The conditions of a filter; a bound that the cursor implies is omitted. */
function conditions(filter: Omit<AuditFilter, 'descending'>, implied?: Bound): Prisma.Sql {
  const { actorId, subjectId, event, outcome, since, until } = filter;
  const parts = [Prisma.sql`true`];
  if (actorId !== undefined) parts.push(Prisma.sql`actor_id = ${actorId}::uuid`);
  if (subjectId !== undefined) parts.push(Prisma.sql`subject_id = ${subjectId}::uuid`);
  if (event !== undefined) parts.push(Prisma.sql`event = ${event}`);
  if (outcome !== undefined) parts.push(Prisma.sql`outcome = ${outcome}`);
  if (since !== undefined && implied !== 'lower') parts.push(Prisma.sql`at >= ${since}::timestamptz`);
  if (until !== undefined && implied !== 'upper') parts.push(Prisma.sql`at < ${until}::timestamptz`);
  return Prisma.join(parts, ' AND ');
}

/**
 * Creates the partitions of the next months, and deletes audit events after AUTH_AUDIT_RETENTION_DAYS, through the
 * function that records each deletion.
 */
@Injectable()
export class AuditRetention implements RetentionTaskRunner {
  constructor(
    private readonly events: AuditRepository,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  async deleteExpired(limit: number): Promise<number> {
    await this.events.createPartitions();
    const { auditRetentionDays: days } = this.config;
    return days === undefined ? 0 : await this.events.deleteExpired(limit, days);
  }
}
