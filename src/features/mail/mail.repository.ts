import { Injectable } from '@nestjs/common';
import type { Prisma } from '../../database/generated/client.ts';
import { Transactions } from '../../database/transactions.ts';

/** A stored mail with the token it carries; its sealed copy is gone once it was used, voided or handed over. */
export interface StoredMail {
  readonly id: string;
  readonly template: string;
  readonly recipient: string;
  readonly createdAt: Date;
  readonly mailedToken: {
    readonly id: string;
    readonly sealedToken: Uint8Array | null;
    readonly expiresAt: Date;
  } | null;
}

/** A mail that carries a token. */
export interface MailWithToken {
  readonly id: string;
  readonly template: string;
  readonly recipient: string;
  readonly mailedTokenId: string;
}

const columns = {
  id: true,
  template: true,
  recipient: true,
  createdAt: true,
  mailedToken: { select: { id: true, sealedToken: true, expiresAt: true } },
} as const;

/** Mails that were promised. */
@Injectable()
export class MailRepository {
  constructor(private readonly host: Transactions) {}

  async insert(row: Prisma.MailCreateManyInput): Promise<void> {
    await this.host.tx.mail.createMany({ data: [row] });
  }

  /** Stores the mail, if its token is there. */
  async insertWithToken({ id, template, recipient, mailedTokenId }: MailWithToken): Promise<void> {
    await this.host.tx.$executeRaw`
      INSERT INTO mails (id, template, recipient, mailed_token_id)
      SELECT ${id}::uuid, ${template}, ${recipient}, id FROM mailed_tokens WHERE id = ${mailedTokenId}::uuid`;
  }

  async findById(id: string): Promise<StoredMail | undefined> {
    return (await this.host.tx.mail.findUnique({ where: { id }, select: columns })) ?? undefined;
  }

  /** The newest first, all or to one address in any case. */
  async findLatest(limit: number, recipient?: string): Promise<StoredMail[]> {
    return await this.host.tx.mail.findMany({
      ...(recipient === undefined ? {} : { where: { recipient: { equals: recipient, mode: 'insensitive' } } }),
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: limit,
      select: columns,
    });
  }

  async markSent(id: string): Promise<void> {
    await this.host.tx.$executeRaw`UPDATE mails SET sent_at = now() WHERE id = ${id}::uuid`;
  }

  /** Drops the sealed copy of the token that this mail carries; its hash stays, so the link works. */
  async forgetToken(id: string): Promise<void> {
    await this.host.tx.$executeRaw`
      UPDATE mailed_tokens SET sealed_token = NULL
      WHERE id = (SELECT mailed_token_id FROM mails WHERE id = ${id}::uuid)`;
  }
}
