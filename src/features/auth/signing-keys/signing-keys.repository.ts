import { Injectable } from '@nestjs/common';
import { isUnmigrated } from '../../../platform/database/database-errors.ts';
import type { Prisma } from '../../../platform/database/generated/client.ts';
import { PreparedQueries } from '../../../platform/database/prepared-queries.ts';
import { Transactions } from '../../../platform/database/transactions.ts';

export interface StoredSigningKey {
  readonly kid: string;
  readonly encryptedPrivateKey: Uint8Array;
}

/** A key pair to be stored. */
export interface NewSigningKey extends StoredSigningKey {
  readonly publicJwk: Prisma.InputJsonValue;
}

/** A key without its private half. */
export interface ListedSigningKey {
  readonly kid: string;
  readonly state: string;
  readonly createdAt: Date;
  readonly activatedAt: Date | null;
  readonly retiredAt: Date | null;
}

const encrypted = {
  name: 'encrypted signing keys',
  text: `
    SELECT kid, encrypted_private_key AS "encryptedPrivateKey" FROM signing_keys WHERE state IN ('active', 'next')`,
};

/** Key pairs that sign access tokens. */
@Injectable()
export class SigningKeysRepository {
  constructor(
    private readonly db: Transactions,
    private readonly reads: PreparedQueries,
  ) {}

  async findActive(): Promise<StoredSigningKey | undefined> {
    const key = await this.db.tx.signingKey.findFirst({
      where: { state: 'active' },
      select: { kid: true, encryptedPrivateKey: true },
    });
    return key ?? undefined;
  }

  /**
   * The active and the next key; empty when the database has not been migrated yet. Without Prisma: loading its query
   * compiler would delay the start.
   */
  async findEncryptedIfMigrated(): Promise<StoredSigningKey[]> {
    try {
      return await this.reads.query<StoredSigningKey>(encrypted, []);
    } catch (error) {
      if (isUnmigrated(error)) return [];
      throw error;
    }
  }

  async findPublicJwks(): Promise<Prisma.JsonValue[]> {
    const keys = await this.db.tx.signingKey.findMany({ select: { publicJwk: true }, orderBy: { createdAt: 'asc' } });
    return keys.map((key) => key.publicJwk);
  }

  /** Stores the first two keys, unless another process has stored its keys already. */
  async insertFirst(active: NewSigningKey, next: NewSigningKey): Promise<void> {
    await this.db.tx.$executeRaw`
      WITH first AS (
        INSERT INTO signing_keys (kid, state, public_jwk, encrypted_private_key, activated_at)
        VALUES (${active.kid}, 'active', ${active.publicJwk}::jsonb, ${active.encryptedPrivateKey}, now())
        ON CONFLICT DO NOTHING RETURNING kid
      )
      INSERT INTO signing_keys (kid, state, public_jwk, encrypted_private_key)
      SELECT ${next.kid}, 'next', ${next.publicJwk}::jsonb, ${next.encryptedPrivateKey} FROM first
      ON CONFLICT DO NOTHING`;
  }

  async insertNext(key: NewSigningKey): Promise<void> {
    await this.db.tx.$executeRaw`
      INSERT INTO signing_keys (kid, state, public_jwk, encrypted_private_key)
      VALUES (${key.kid}, 'next', ${key.publicJwk}::jsonb, ${key.encryptedPrivateKey})`;
  }

  /** All keys, oldest first, locked until the transaction ends: changes of keys are serialized. */
  async lockAll(): Promise<ListedSigningKey[]> {
    await this.db.tx.$executeRaw`LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE`;
    return await this.list();
  }

  async list(): Promise<ListedSigningKey[]> {
    return await this.db.tx.signingKey.findMany({
      select: { kid: true, state: true, createdAt: true, activatedAt: true, retiredAt: true },
      orderBy: [{ createdAt: 'asc' }, { kid: 'asc' }],
    });
  }

  /** Its tokens stay valid. It signs no more tokens, so its private half is deleted. */
  async retire(kid: string): Promise<void> {
    await this.db.tx.$executeRaw`
      UPDATE signing_keys SET state = 'retired', retired_at = now(), encrypted_private_key = '' WHERE kid = ${kid}`;
  }

  async activate(kid: string): Promise<void> {
    await this.db.tx.$executeRaw`
      UPDATE signing_keys SET state = 'active', activated_at = now() WHERE kid = ${kid}`;
  }

  async delete(kid: string): Promise<void> {
    await this.db.tx.$executeRaw`DELETE FROM signing_keys WHERE kid = ${kid}`;
  }

  /** Deletes keys that were retired more than `olderThanSeconds` ago. Returns their number. */
  async deleteRetired(olderThanSeconds: number): Promise<number> {
    return await this.db.tx.$executeRaw`
      DELETE FROM signing_keys
      WHERE state = 'retired' AND retired_at < now() - make_interval(secs => ${olderThanSeconds})`;
  }
}
