import { Injectable } from '@nestjs/common';
import { Prisma } from '../../database/generated/client.ts';
import type { KeysetRequest, Slice } from '../../database/keyset.ts';
import { keysetClauses, microseconds, slice } from '../../database/keyset.ts';
import { Transactions } from '../../database/transactions.ts';
import type { AuditFilter, AuditOrigin, AuditRow, ListedAuditEvent } from './audit-event.ts';

/** Rows to be written, never changed (a trigger sees to it). */
@Injectable()
export class AuditRepository {
  constructor(private readonly host: Transactions) {}

  async insert(rows: readonly (AuditRow & AuditOrigin)[]): Promise<void> {
    await this.host.tx.auditEvent.createMany({ data: [...rows] });
  }

  async list(filter: AuditFilter, request: KeysetRequest): Promise<Slice<ListedAuditEvent>> {
    return slice(await this.host.tx.$queryRaw<ListedAuditEvent[]>(auditListStatement(filter, request)), request);
  }

  async count(filter: AuditFilter): Promise<number> {
    const [row] = await this.host.tx.$queryRaw<{ count: bigint }[]>`
      SELECT count(*) FROM audit_events WHERE ${conditions(filter)}`;
    return Number(row?.count ?? 0);
  }
}

/** One page of events; exported so that its plan can be examined. */
export function auditListStatement(filter: AuditFilter, request: KeysetRequest): Prisma.Sql {
  const order = {
    columns: [
      { sql: Prisma.sql`at`, type: Prisma.sql`timestamptz` },
      { sql: Prisma.sql`id`, type: Prisma.sql`uuid` },
    ],
    descending: filter.descending,
  };
  return Prisma.sql`
    SELECT id, at, event, outcome, actor_id AS "actorId", subject_id AS "subjectId", session_id AS "sessionId", reason,
      ip, user_agent AS "userAgent", request_id AS "requestId", ARRAY[${microseconds(Prisma.sql`at`)}, id::text] AS keys
    FROM audit_events WHERE ${conditions(filter)} ${keysetClauses(order, request)}`;
}

function conditions({ actorId, subjectId, event, outcome, since, until }: AuditFilter): Prisma.Sql {
  const parts = [Prisma.sql`true`];
  if (actorId !== undefined) parts.push(Prisma.sql`actor_id = ${actorId}::uuid`);
  if (subjectId !== undefined) parts.push(Prisma.sql`subject_id = ${subjectId}::uuid`);
  if (event !== undefined) parts.push(Prisma.sql`event = ${event}`);
  if (outcome !== undefined) parts.push(Prisma.sql`outcome = ${outcome}`);
  if (since !== undefined) parts.push(Prisma.sql`at >= ${since}::timestamptz`);
  if (until !== undefined) parts.push(Prisma.sql`at < ${until}::timestamptz`);
  return Prisma.join(parts, ' AND ');
}
