import { Injectable } from '@nestjs/common';
import { Prisma } from '../../database/generated/client.ts';
import type { KeysetRequest, Slice } from '../../database/keyset.ts';
import { keysetClauses, microseconds, slice } from '../../database/keyset.ts';
import { Transactions } from '../../database/transactions.ts';
import type { AuditFilter, ListedAuditEvent } from './audit-event.ts';

/** Rows to be written, never changed (a trigger sees to it). */
@Injectable()
export class AuditRepository {
  constructor(private readonly host: Transactions) {}

  async insert(row: Prisma.AuditEventCreateManyInput): Promise<void> {
    await this.host.tx.auditEvent.createMany({ data: [row] });
  }

  async list(filter: AuditFilter & { subjectId: string }, request: KeysetRequest): Promise<Slice<ListedAuditEvent>> {
    const order = {
      columns: [
        { sql: Prisma.sql`at`, type: Prisma.sql`timestamptz` },
        { sql: Prisma.sql`id`, type: Prisma.sql`uuid` },
      ],
      descending: filter.descending,
    };
    const rows = await this.host.tx.$queryRaw<ListedAuditEvent[]>`
      SELECT id, at, event, outcome, actor_id AS "actorId", subject_id AS "subjectId", session_id AS "sessionId", reason,
        ip, user_agent AS "userAgent", request_id AS "requestId", ARRAY[${microseconds(Prisma.sql`at`)}, id::text] AS keys
      FROM audit_events WHERE ${conditions(filter)} ${keysetClauses(order, request)}`;
    return slice(rows, request);
  }

  async count(filter: AuditFilter & { subjectId: string }): Promise<number> {
    const [row] = await this.host.tx.$queryRaw<{ count: bigint }[]>`
      SELECT count(*) FROM audit_events WHERE ${conditions(filter)}`;
    return Number(row?.count ?? 0);
  }
}

function conditions({ subjectId, event, outcome }: AuditFilter & { subjectId: string }): Prisma.Sql {
  const parts = [Prisma.sql`subject_id = ${subjectId}::uuid`];
  if (event !== undefined) parts.push(Prisma.sql`event = ${event}`);
  if (outcome !== undefined) parts.push(Prisma.sql`outcome = ${outcome}`);
  return Prisma.join(parts, ' AND ');
}
