import { Injectable } from '@nestjs/common';
import type { Prisma } from '../../database/generated/client.ts';
import { Transactions } from '../../database/transactions.ts';

/** A stored mail with the token it carries, if that is still usable. */
export interface StoredMail {
  readonly id: string;
  readonly template: string;
  readonly recipient: string;
  readonly createdAt: Date;
  readonly mailedToken: { readonly id: string; readonly sealedToken: Uint8Array | null } | null;
}

/** Mails that were promised. */
@Injectable()
export class MailRepository {
  constructor(private readonly host: Transactions) {}

  async insert(row: Prisma.MailCreateManyInput): Promise<void> {
    await this.host.tx.mail.createMany({ data: [row] });
  }

  /** The newest first, all or to one address in any case. */
  async findLatest(limit: number, recipient?: string): Promise<StoredMail[]> {
    return await this.host.tx.mail.findMany({
      ...(recipient === undefined ? {} : { where: { recipient: { equals: recipient, mode: 'insensitive' } } }),
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: limit,
      select: {
        id: true,
        template: true,
        recipient: true,
        createdAt: true,
        mailedToken: { select: { id: true, sealedToken: true } },
      },
    });
  }
}
