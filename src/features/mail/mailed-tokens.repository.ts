import { Injectable } from '@nestjs/common';
import type { Prisma } from '../../database/generated/client.ts';
import { Transactions } from '../../database/transactions.ts';
import type { MailedTokenPurpose, MailedTokenSubject } from './mailed-token.ts';

/** Single-use tokens, by their hash. */
@Injectable()
export class MailedTokensRepository {
  constructor(private readonly host: Transactions) {}

  async insert(row: Prisma.MailedTokenCreateManyInput): Promise<void> {
    await this.host.tx.mailedToken.createMany({ data: [row] });
  }

  /** Ends every open token of this purpose. */
  async voidOpen(userId: string, purpose: MailedTokenPurpose): Promise<void> {
    await this.host.tx.$executeRaw`
      UPDATE mailed_tokens SET voided_at = now(), sealed_token = NULL
      WHERE user_id = ${userId}::uuid AND purpose = ${purpose} AND consumed_at IS NULL AND voided_at IS NULL`;
  }

  async voidAllOf(userId: string): Promise<void> {
    await this.host.tx.$executeRaw`
      UPDATE mailed_tokens SET voided_at = now(), sealed_token = NULL
      WHERE user_id = ${userId}::uuid AND consumed_at IS NULL AND voided_at IS NULL`;
  }

  async find(tokenHash: Uint8Array, purpose: MailedTokenPurpose): Promise<MailedTokenSubject | undefined> {
    const [subject] = await this.host.tx.$queryRaw<MailedTokenSubject[]>`
      SELECT user_id AS "userId", address FROM mailed_tokens WHERE token_hash = ${tokenHash} AND purpose = ${purpose}
        AND consumed_at IS NULL AND voided_at IS NULL AND expires_at > now()`;
    return subject;
  }

  /** Uses a token up, if it can be used: one statement, so of two callers one gets nothing. */
  async consume(tokenHash: Uint8Array, purpose: MailedTokenPurpose): Promise<MailedTokenSubject | undefined> {
    const [subject] = await this.host.tx.$queryRaw<MailedTokenSubject[]>`
      UPDATE mailed_tokens SET consumed_at = now(), sealed_token = NULL
      WHERE token_hash = ${tokenHash} AND purpose = ${purpose}
        AND consumed_at IS NULL AND voided_at IS NULL AND expires_at > now()
      RETURNING user_id AS "userId", address`;
    return subject;
  }
}
