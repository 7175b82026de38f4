import { Injectable } from '@nestjs/common';
import { Prisma } from '../../platform/database/generated/client.ts';
import { Transactions } from '../../platform/database/transactions.ts';

/** A stored email with its token; the encrypted copy is deleted once the token is used, revoked or delivered. */
export interface StoredMail {
  readonly id: string;
  readonly template: string;
  readonly recipient: string;
  readonly createdAt: Date;
  /** Of the request that caused it, where the template shows them. */
  readonly ip: string | null;
  readonly browser: string | null;
  /** Of the recipient. */
  readonly locale: string;
  readonly timeZone: string;
  readonly tokenId: string | null;
  readonly encryptedToken: Uint8Array | null;
  readonly expiresAt: Date | null;
}

/** An email to store. */
export interface NewMail {
  readonly id: string;
  readonly template: string;
  readonly recipient: string;
  /** The language of the email if the recipient has no account. */
  readonly locale: string;
  readonly ip: string | null;
  readonly browser: string | null;
}

/** An email that contains a token. */
export interface MailWithToken extends NewMail {
  readonly oneTimeTokenId: string;
  /** The authenticated user of the request; IP address and browser are stored if the token belongs to this user. */
  readonly principalId: string | null;
}

/** Earlier mails of the same kind to the same recipient. */
interface RecentMail {
  /** Whether one of them is not sent yet. */
  readonly isPending: boolean;
  /** The end of the interval since the last one; null if there is none. */
  readonly nextAt: Date | null;
}

/**
 * Language and time zone are those of the account with this email address, or of the account that the token is about:
 * a new or a former email address has no account.
 */
const select = Prisma.sql`
  SELECT m.id, m.template, m.recipient, m.created_at AS "createdAt", m.ip, m.browser,
    coalesce(owner.locale, subject.locale, m.locale) AS locale,
    coalesce(owner.timezone, subject.timezone, 'UTC') AS "timeZone",
    t.id AS "tokenId", t.encrypted_token AS "encryptedToken", t.expires_at AS "expiresAt"
  FROM mails m LEFT JOIN one_time_tokens t ON t.id = m.one_time_token_id
  LEFT JOIN users owner ON owner.email_normalized = lower(normalize(m.recipient, NFC)) AND owner.deleted_at IS NULL
  LEFT JOIN users subject ON subject.id = t.user_id`;

/** The table of emails. */
@Injectable()
export class MailRepository {
  constructor(private readonly db: Transactions) {}

  async insert({ id, template, recipient, locale, ip, browser }: NewMail): Promise<void> {
    await this.db.tx.$executeRaw`
      INSERT INTO mails (id, template, recipient, locale, ip, browser)
      VALUES (${id}::uuid, ${template}, ${recipient}, ${locale}, ${ip}, ${browser})`;
  }

  /** Stores the email, if its token exists. */
  async insertWithToken(mail: MailWithToken): Promise<void> {
    const { principalId: principal } = mail;
    const isOwn = Prisma.sql`(${principal}::uuid IS NULL OR user_id = ${principal}::uuid)`;
    await this.db.tx.$executeRaw`
      INSERT INTO mails (id, template, recipient, locale, one_time_token_id, ip, browser)
      SELECT ${mail.id}::uuid, ${mail.template}, ${mail.recipient}, ${mail.locale}, id,
        CASE WHEN ${isOwn} THEN ${mail.ip} END, CASE WHEN ${isOwn} THEN ${mail.browser} END
      FROM one_time_tokens WHERE id = ${mail.oneTimeTokenId}::uuid`;
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
    const [mail] = await this.db.tx.$queryRaw<StoredMail[]>`${select} WHERE m.id = ${id}::uuid`;
    return mail;
  }

  /** Lists the newest first, all or those to one email address, case-insensitive. */
  async findLatest(limit: number, recipient?: string): Promise<StoredMail[]> {
    const filter =
      recipient === undefined ? Prisma.empty : Prisma.sql`WHERE lower(m.recipient) = ${recipient.toLowerCase()}`;
    return await this.db.tx.$queryRaw<StoredMail[]>`
      ${select} ${filter} ORDER BY m.created_at DESC, m.id DESC LIMIT ${limit}`;
  }

  async markSent(id: string): Promise<void> {
    await this.db.tx.$executeRaw`UPDATE mails SET sent_at = now() WHERE id = ${id}::uuid`;
  }

  /**
   * Deletes what only the rendering of this email needs: the origin of the request, and the encrypted copy of the token.
   * Its hash stays, so the link works.
   */
  async deleteContent(id: string): Promise<void> {
    await this.db.tx.$executeRaw`
      WITH rendered AS (
        UPDATE mails SET ip = NULL, browser = NULL WHERE id = ${id}::uuid RETURNING one_time_token_id
      )
      UPDATE one_time_tokens SET encrypted_token = NULL FROM rendered WHERE id = one_time_token_id`;
  }

  async deleteAll(): Promise<void> {
    await this.db.tx.mail.deleteMany();
  }
}
