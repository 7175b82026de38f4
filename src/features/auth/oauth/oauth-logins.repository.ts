import { Injectable } from '@nestjs/common';
import { Transactions } from '../../../platform/database/transactions.ts';

/** The code of a verified login, to be stored. */
export interface NewOAuthCode {
  readonly id: string;
  readonly codeHash: Uint8Array;
  readonly encryptedLogin: Uint8Array;
  readonly ttlSeconds: number;
}

/** A verified login whose code can be exchanged. */
export interface StoredOAuthLogin {
  readonly id: string;
  readonly encryptedLogin: Uint8Array;
}

/** Logins with a provider, from their callback on. All times are the database's. */
@Injectable()
export class OAuthLoginsRepository {
  constructor(private readonly db: Transactions) {}

  /** Claims a flow for its callback; of several calls one returns true. */
  async claim(id: string, ttlSeconds: number): Promise<boolean> {
    const claimed = await this.db.tx.$executeRaw`
      INSERT INTO oauth_logins (id, expires_at) VALUES (${id}::uuid, now() + make_interval(secs => ${ttlSeconds}))
      ON CONFLICT (id) DO NOTHING`;
    return claimed === 1;
  }

  async storeCode({ id, codeHash, encryptedLogin, ttlSeconds }: NewOAuthCode): Promise<void> {
    await this.db.tx.$executeRaw`
      UPDATE oauth_logins SET code_hash = ${codeHash}, encrypted_login = ${encryptedLogin},
        code_expires_at = now() + make_interval(secs => ${ttlSeconds})
      WHERE id = ${id}::uuid`;
  }

  async find(codeHash: Uint8Array): Promise<StoredOAuthLogin | undefined> {
    const [login] = await this.db.tx.$queryRaw<StoredOAuthLogin[]>`
      SELECT id, encrypted_login AS "encryptedLogin" FROM oauth_logins
      WHERE code_hash = ${codeHash} AND code_expires_at > now()`;
    return login;
  }

  /** Consumes a code, and deletes what the provider stated; of several calls one returns true. */
  async consume(codeHash: Uint8Array): Promise<boolean> {
    const consumed = await this.db.tx.$executeRaw`
      UPDATE oauth_logins SET code_hash = NULL, encrypted_login = NULL
      WHERE code_hash = ${codeHash} AND code_expires_at > now()`;
    return consumed === 1;
  }

  /** Stores the hash of a logout token's id; false when it was received before. */
  async insertLogoutToken(idHash: Uint8Array, ttlSeconds: number): Promise<boolean> {
    const inserted = await this.db.tx.$executeRaw`
      INSERT INTO logout_tokens (id_hash, expires_at)
      VALUES (${idHash}, now() + make_interval(secs => ${ttlSeconds}))
      ON CONFLICT (id_hash) DO NOTHING`;
    return inserted === 1;
  }
}
