import { Injectable } from '@nestjs/common';
import { Transactions } from '../../database/transactions.ts';
import type { MailedTokenPurpose, MailedTokenSubject } from './mailed-token.ts';

/** A token as it is stored. */
export interface NewMailedToken extends MailedTokenSubject {
  readonly id: string;
  readonly purpose: MailedTokenPurpose;
  readonly tokenHash: Uint8Array;
  readonly sealedToken: Uint8Array | null;
  readonly ttlSeconds: number;
}

/** Single-use tokens, by their hash. All times are the database's. */
@Injectable()
export class MailedTokensRepository {
  constructor(private readonly host: Transactions) {}

  /** Lets one transaction at a time issue tokens to this user. */
  async lockUser(userId: string): Promise<void> {
    await this.host.tx.$queryRaw`SELECT 1 FROM users WHERE id = ${userId}::uuid FOR NO KEY UPDATE`;
  }

  /** Stores a token; none for a user who does not exist. */
  async insert(token: NewMailedToken): Promise<void> {
    await this.host.tx.$executeRaw`
      INSERT INTO mailed_tokens (id, purpose, user_id, address, token_hash, sealed_token, expires_at)
      SELECT ${token.id}::uuid, ${token.purpose}, id, ${token.address}, ${token.tokenHash}, ${token.sealedToken},
        now() + make_interval(secs => ${token.ttlSeconds})
      FROM users WHERE id = ${token.userId}::uuid`;
  }

  /** Ends every open token of this purpose. */
  async voidOpen(userId: string, purpose: MailedTokenPurpose): Promise<void> {
    await this.host.tx.$executeRaw`
      UPDATE mailed_tokens SET voided_at = now(), sealed_token = NULL
      WHERE user_id = ${userId}::uuid AND purpose = ${purpose} AND consumed_at IS NULL AND voided_at IS NULL`;
  }

  /** Ends every open token of a user but those of these purposes. */
  async voidAllOf(userId: string, spared: readonly MailedTokenPurpose[]): Promise<void> {
    await this.host.tx.$executeRaw`
      UPDATE mailed_tokens SET voided_at = now(), sealed_token = NULL
      WHERE user_id = ${userId}::uuid AND consumed_at IS NULL AND voided_at IS NULL
        AND purpose <> ALL (${[...spared]}::text[])`;
  }

  /** Ends the open tokens that are of the same user and purpose as this one and not older. */
  async voidLater(tokenHash: Uint8Array): Promise<void> {
    await this.host.tx.$executeRaw`
      UPDATE mailed_tokens later SET voided_at = now(), sealed_token = NULL FROM mailed_tokens this
      WHERE this.token_hash = ${tokenHash} AND later.user_id = this.user_id AND later.purpose = this.purpose
        AND later.created_at >= this.created_at AND later.consumed_at IS NULL AND later.voided_at IS NULL`;
  }

  async ownerOf(tokenHash: Uint8Array): Promise<string | undefined> {
    const [row] = await this.host.tx.$queryRaw<{ userId: string }[]>`
      SELECT user_id AS "userId" FROM mailed_tokens WHERE token_hash = ${tokenHash}`;
    return row?.userId;
  }

  async find(tokenHash: Uint8Array, purposes: readonly MailedTokenPurpose[]): Promise<MailedTokenSubject | undefined> {
    const [subject] = await this.host.tx.$queryRaw<MailedTokenSubject[]>`
      SELECT user_id AS "userId", address FROM mailed_tokens WHERE token_hash = ${tokenHash} AND purpose = ANY (${[...purposes]}::text[])
        AND consumed_at IS NULL AND voided_at IS NULL AND expires_at > now()`;
    return subject;
  }

  /**
   * Uses a token up, if it can be used: one statement, so of two callers one gets nothing. The user is locked before the
   * token, as by whoever ends all tokens of a user.
   */
  async consume(
    tokenHash: Uint8Array,
    purposes: readonly MailedTokenPurpose[],
  ): Promise<MailedTokenSubject | undefined> {
    const [subject] = await this.host.tx.$queryRaw<MailedTokenSubject[]>`
      UPDATE mailed_tokens SET consumed_at = now(), sealed_token = NULL
      FROM (
        SELECT id FROM users
        WHERE id = (SELECT user_id FROM mailed_tokens WHERE token_hash = ${tokenHash}) FOR NO KEY UPDATE
      ) AS owner
      WHERE user_id = owner.id AND token_hash = ${tokenHash} AND purpose = ANY (${[...purposes]}::text[])
        AND consumed_at IS NULL AND voided_at IS NULL AND expires_at > now()
      RETURNING user_id AS "userId", address`;
    return subject;
  }
}
