import { Injectable } from '@nestjs/common';
import type { Prisma } from '../../database/generated/client.ts';
import { Transactions } from '../../database/transactions.ts';

/** Rows to be written, never changed (a trigger sees to it). */
@Injectable()
export class AuditRepository {
  constructor(private readonly host: Transactions) {}

  async insert(row: Prisma.AuditEventCreateManyInput): Promise<void> {
    await this.host.tx.auditEvent.createMany({ data: [row] });
  }
}
