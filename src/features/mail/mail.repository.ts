import { Injectable } from '@nestjs/common';
import { Transactions } from '../../platform/database/transactions.ts';

/** A stored email with its token; the encrypted copy is deleted once the token is used, revoked or delivered. */
export interface StoredMail {
  readonly id: string;
  readonly template: string;
  readonly recipient: string;
  readonly createdAt: Date;
  readonly oneTimeToken: {
    readonly id: string;
    readonly encryptedToken: Uint8Array | null;
    readonly expiresAt: Date;
  } | null;
}

/** An email that contains a token. */
export interface MailWithToken {
  readonly id: string;
  readonly template: string;
  readonly recipient: string;
  readonly oneTimeTokenId: string;
}

/** Earlier mails of the same kind to the same recipient. */
interface RecentMail {
  /** Whether one of them is not sent yet. */
  readonly isPending: boolean;
  /** The end of the interval since the last one; null if there is none. */
  readonly nextAt: Date | null;
}

const columns = {
  id: true,
  template: true,
  recipient: true,
  createdAt: true,
  oneTimeToken: { select: { id: true, encryptedToken: true, expiresAt: true } },
} as const;

/** The table of emails. */
@Injectable()
export class MailRepository {
  constructor(private readonly db: Transactions) {}

  /** As raw SQL like `insertWithToken`: registrations must take the same time whether the account exists. */
  async insert({ id, template, recipient }: Omit<MailWithToken, 'oneTimeTokenId'>): Promise<void> {
    await this.db.tx.$executeRaw`
      INSERT INTO mails (id, template, recipient) VALUES (${id}::uuid, ${template}, ${recipient})`;
  }

  /** Stores the email, if its token exists. */
  async insertWithToken({ id, template, recipient, oneTimeTokenId }: MailWithToken): Promise<void> {
    await this.db.tx.$executeRaw`
      INSERT INTO mails (id, template, recipient, one_time_token_id)
      SELECT ${id}::uuid, ${template}, ${recipient}, id FROM one_time_tokens WHERE id = ${oneTimeTokenId}::uuid`;
  }

  /**
   * What delays a notification of this kind to this recipient: an earlier one that is not sent yet, which covers it, or
   * the interval since the last one. Locked until the transaction ends, so that concurrent ones are merged too.
   */
  async findRecent(template: string, recipient: string, intervalSeconds: number): Promise<RecentMail> {
    await this.db.tx.$queryRaw`
      SELECT 1 FROM pg_advisory_xact_lock(hashtextextended('notification ' || ${template} || ' ' || ${recipient}, 0))`;
    const [recent] = await this.db.tx.$queryRaw<RecentMail[]>`
      SELECT coalesce(bool_or(sent_at IS NULL), false) AS "isPending",
        max(sent_at) + make_interval(secs => ${intervalSeconds}) AS "nextAt"
      FROM mails
      WHERE created_at > now() - make_interval(secs => ${2 * intervalSeconds}) AND template = ${template}
        AND recipient = ${recipient}`;
    return recent ?? { isPending: false, nextAt: null };
  }

  async findById(id: string): Promise<StoredMail | undefined> {
    return (await this.db.tx.mail.findUnique({ where: { id }, select: columns })) ?? undefined;
  }

  /** Lists the newest first, all or those to one email address, case-insensitive. */
  async findLatest(limit: number, recipient?: string): Promise<StoredMail[]> {
    return await this.db.tx.mail.findMany({
      ...(recipient === undefined ? {} : { where: { recipient: { equals: recipient, mode: 'insensitive' } } }),
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: limit,
      select: columns,
    });
  }

  async markSent(id: string): Promise<void> {
    await this.db.tx.$executeRaw`UPDATE mails SET sent_at = now() WHERE id = ${id}::uuid`;
  }

  /** Deletes the encrypted copy of the token of this email; its hash stays, so the link works. */
  async deleteEncryptedToken(id: string): Promise<void> {
    await this.db.tx.$executeRaw`
      UPDATE one_time_tokens SET encrypted_token = NULL
      WHERE id = (SELECT one_time_token_id FROM mails WHERE id = ${id}::uuid)`;
  }
}
