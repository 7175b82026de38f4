import { Injectable } from '@nestjs/common';
import { Transactions } from '../../../platform/database/transactions.ts';

/** The only use that a one-time token is valid for. */
export type OneTimeTokenPurpose =
  'email-change' | 'email-revert' | 'invitation' | 'magic-link' | 'reset-password' | 'setup' | 'verify-email';

/** The user that a token is valid for, and the email address that it was sent to. */
export interface OneTimeTokenSubject {
  readonly userId: string;
  readonly email: string;
}

/** The same of a token that can be consumed, with the language of the user (BCP 47). */
export interface FoundOneTimeToken extends OneTimeTokenSubject {
  readonly locale: string;
}

/** A token to store. */
export interface NewOneTimeToken extends OneTimeTokenSubject {
  readonly id: string;
  readonly purpose: OneTimeTokenPurpose;
  readonly tokenHash: Uint8Array;
  readonly encryptedToken: Uint8Array | null;
  readonly ttlSeconds: number;
}

/** One-time tokens, found by their hash. All times are the database's. */
@Injectable()
export class OneTimeTokensRepository {
  constructor(private readonly db: Transactions) {}

  /** Serializes the transactions that issue tokens to this user. */
  async lockUser(userId: string): Promise<void> {
    await this.db.tx.$queryRaw`SELECT 1 FROM users WHERE id = ${userId}::uuid FOR NO KEY UPDATE`;
  }

  /** Stores a token, unless the user does not exist. */
  async insert(token: NewOneTimeToken): Promise<void> {
    await this.db.tx.$executeRaw`
      INSERT INTO one_time_tokens (id, purpose, user_id, email, token_hash, encrypted_token, expires_at)
      SELECT ${token.id}::uuid, ${token.purpose}, id, ${token.email}, ${token.tokenHash}, ${token.encryptedToken},
        now() + make_interval(secs => ${token.ttlSeconds})
      FROM users WHERE id = ${token.userId}::uuid`;
  }

  /** Revokes every open token of this purpose. */
  async revokeOpen(userId: string, purpose: OneTimeTokenPurpose): Promise<void> {
    await this.db.tx.$executeRaw`
      UPDATE one_time_tokens SET revoked_at = now(), encrypted_token = NULL
      WHERE user_id = ${userId}::uuid AND purpose = ${purpose} AND consumed_at IS NULL AND revoked_at IS NULL`;
  }

  /** Revokes every open token of a user, except those of the given purposes. */
  async revokeAll(userId: string, except: readonly OneTimeTokenPurpose[]): Promise<void> {
    await this.db.tx.$executeRaw`
      UPDATE one_time_tokens SET revoked_at = now(), encrypted_token = NULL
      WHERE user_id = ${userId}::uuid AND consumed_at IS NULL AND revoked_at IS NULL
        AND purpose <> ALL (${[...except]}::text[])`;
  }

  /** Revokes the open tokens of the same user and purpose as this one that are not older. */
  async revokeLater(tokenHash: Uint8Array): Promise<void> {
    await this.db.tx.$executeRaw`
      UPDATE one_time_tokens later SET revoked_at = now(), encrypted_token = NULL FROM one_time_tokens this
      WHERE this.token_hash = ${tokenHash} AND later.user_id = this.user_id AND later.purpose = this.purpose
        AND later.created_at >= this.created_at AND later.consumed_at IS NULL AND later.revoked_at IS NULL`;
  }

  async ownerOf(tokenHash: Uint8Array): Promise<string | undefined> {
    const [row] = await this.db.tx.$queryRaw<{ userId: string }[]>`
      SELECT user_id AS "userId" FROM one_time_tokens WHERE token_hash = ${tokenHash}`;
    return row?.userId;
  }

  async find(tokenHash: Uint8Array, purposes: readonly OneTimeTokenPurpose[]): Promise<FoundOneTimeToken | undefined> {
    const [found] = await this.db.tx.$queryRaw<FoundOneTimeToken[]>`
      SELECT t.user_id AS "userId", t.email, u.locale FROM one_time_tokens t JOIN users u ON u.id = t.user_id
      WHERE t.token_hash = ${tokenHash} AND t.purpose = ANY (${[...purposes]}::text[])
        AND t.consumed_at IS NULL AND t.revoked_at IS NULL AND t.expires_at > now()`;
    return found;
  }

  /**
   * Consumes a token if it is valid; of two concurrent calls one returns undefined. The user is locked before the
   * token, in the same order as by transactions that revoke all tokens of a user.
   */
  async consume(
    tokenHash: Uint8Array,
    purposes: readonly OneTimeTokenPurpose[],
  ): Promise<OneTimeTokenSubject | undefined> {
    const [subject] = await this.db.tx.$queryRaw<OneTimeTokenSubject[]>`
      UPDATE one_time_tokens SET consumed_at = now(), encrypted_token = NULL
      FROM (
        SELECT id FROM users
        WHERE id = (SELECT user_id FROM one_time_tokens WHERE token_hash = ${tokenHash}) FOR NO KEY UPDATE
      ) AS owner
      WHERE user_id = owner.id AND token_hash = ${tokenHash} AND purpose = ANY (${[...purposes]}::text[])
        AND consumed_at IS NULL AND revoked_at IS NULL AND expires_at > now()
      RETURNING user_id AS "userId", email`;
    return subject;
  }
}
