import { Injectable } from '@nestjs/common';
import { Prisma } from '../../database/generated/client.ts';
import type { Bound, KeysetRequest, Slice } from '../../database/keyset.ts';
import { byTime, impliedBound, keysByTime, slice } from '../../database/keyset.ts';
import type { KeyedRows } from '../../database/list-key.ts';
import { keyedPage, keyedRows } from '../../database/list-key.ts';
import { NamedReads } from '../../database/named-reads.ts';
import type { Total } from '../../database/totals.ts';
import { Totals } from '../../database/totals.ts';
import { Transactions } from '../../database/transactions.ts';
import { outcomes } from './audit-event.ts';
import type { AuditFilter, AuditOrigin, AuditRow, ListedAuditEvent } from './audit-event.ts';

/** Rows to be written, never changed (a trigger sees to it). */
@Injectable()
export class AuditRepository {
  constructor(
    private readonly host: Transactions,
    private readonly reads: NamedReads,
    private readonly totals: Totals,
  ) {}

  async insert(rows: readonly (AuditRow & AuditOrigin)[]): Promise<void> {
    await this.host.tx.auditEvent.createMany({ data: [...rows] });
  }

  async list(filter: AuditFilter, request: KeysetRequest): Promise<Slice<ListedAuditEvent>> {
    return slice(
      await this.reads.queryComposed<ListedAuditEvent>(auditListStatement(filter, request), 'each time'),
      request,
    );
  }

  async count(filter: AuditFilter): Promise<Total> {
    const described = Prisma.sql`FROM audit_events WHERE ${conditions(filter)}`;
    return await this.totals.count(keyedRows(rowsOf(filter)), described);
  }
}

const time = Prisma.sql`at`;

/** One page of events; exported so that its plan can be examined. */
export function auditListStatement(filter: AuditFilter, request: KeysetRequest): Prisma.Sql {
  const rows = rowsOf(filter, impliedBound(filter.descending, request));
  return Prisma.sql`
    SELECT id, at, event, outcome, actor_id AS "actorId", subject_id AS "subjectId", session_id AS "sessionId", reason,
      ip, user_agent AS "userAgent", request_id AS "requestId", ${keysByTime(time)}
    ${keyedPage(rows, byTime(time, filter.descending), request)}`;
}

function rowsOf({ subjectId, actorId, event, outcome, ...times }: AuditFilter, implied?: Bound): KeyedRows {
  const filters = [];
  if (subjectId !== undefined)
    filters.push({ column: Prisma.sql`subject_id::text`, value: Prisma.sql`${subjectId}::uuid::text` });
  if (actorId !== undefined)
    filters.push({ column: Prisma.sql`actor_id::text`, value: Prisma.sql`${actorId}::uuid::text` });
  if (event !== undefined) filters.push({ column: Prisma.sql`event`, value: Prisma.sql`${event}::text` });
  const each = { column: Prisma.sql`outcome`, values: outcome === undefined ? outcomes : [outcome] };
  return { table: Prisma.sql`audit_events`, filters, each, conditions: conditions(times, implied) };
}

/** What events a filter means; a bound that is implied needs no condition. */
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
