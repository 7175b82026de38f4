import { Injectable } from '@nestjs/common';
import { sqlStateOf } from '../../database/database-errors.ts';
import { Prisma } from '../../database/generated/client.ts';
import { Transactions } from '../../database/transactions.ts';

export interface StoredSigningKey {
  readonly kid: string;
  readonly sealedPrivateKey: Uint8Array;
}

/** A key pair to be stored. */
export interface NewSigningKey extends StoredSigningKey {
  readonly publicJwk: Prisma.InputJsonValue;
}

/** What a person may know of a key. */
export interface ListedSigningKey {
  readonly kid: string;
  readonly state: string;
  readonly createdAt: Date;
  readonly activatedAt: Date | null;
  readonly retiredAt: Date | null;
}

/** Prisma's codes of a missing table and a missing column. */
const unmigrated = new Set(['P2021', 'P2022']);
const insufficientPrivilege = '42501';

/** Key pairs that sign access tokens. */
@Injectable()
export class SigningKeysRepository {
  constructor(private readonly host: Transactions) {}

  async findActive(): Promise<StoredSigningKey | undefined> {
    const key = await this.host.tx.signingKey.findFirst({
      where: { state: 'active' },
      select: { kid: true, sealedPrivateKey: true },
    });
    return key ?? undefined;
  }

  /** The keys that sign now or next, of a database that may not have been migrated yet. */
  async findSealedIfMigrated(): Promise<StoredSigningKey[]> {
    try {
      return await this.host.tx.signingKey.findMany({
        where: { state: { in: ['active', 'next'] } },
        select: { kid: true, sealedPrivateKey: true },
      });
    } catch (error) {
      if (error instanceof Prisma.PrismaClientKnownRequestError && unmigrated.has(error.code)) return [];
      // The start has said which rights are missing.
      if (sqlStateOf(error) === insufficientPrivilege) return [];
      throw error;
    }
  }

  async findPublicJwks(): Promise<unknown[]> {
    const keys = await this.host.tx.signingKey.findMany({ select: { publicJwk: true }, orderBy: { createdAt: 'asc' } });
    return keys.map((key) => key.publicJwk);
  }

  /** Stores the first two keys; when another process was faster, its keys stay and these are dropped. */
  async insertFirst(active: NewSigningKey, next: NewSigningKey): Promise<void> {
    await this.host.tx.$executeRaw`
      WITH first AS (
        INSERT INTO signing_keys (kid, state, public_jwk, sealed_private_key, activated_at)
        VALUES (${active.kid}, 'active', ${active.publicJwk}::jsonb, ${active.sealedPrivateKey}, now())
        ON CONFLICT DO NOTHING RETURNING kid
      )
      INSERT INTO signing_keys (kid, state, public_jwk, sealed_private_key)
      SELECT ${next.kid}, 'next', ${next.publicJwk}::jsonb, ${next.sealedPrivateKey} FROM first
      ON CONFLICT DO NOTHING`;
  }

  async insertNext(key: NewSigningKey): Promise<void> {
    await this.host.tx.$executeRaw`
      INSERT INTO signing_keys (kid, state, public_jwk, sealed_private_key)
      VALUES (${key.kid}, 'next', ${key.publicJwk}::jsonb, ${key.sealedPrivateKey})`;
  }

  /** All keys, the oldest first, locked: of two who change them the second sees what the first has done. */
  async lockAll(): Promise<ListedSigningKey[]> {
    await this.host.tx.$executeRaw`LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE`;
    return await this.list();
  }

  async list(): Promise<ListedSigningKey[]> {
    return await this.host.tx.signingKey.findMany({
      select: { kid: true, state: true, createdAt: true, activatedAt: true, retiredAt: true },
      orderBy: [{ createdAt: 'asc' }, { kid: 'asc' }],
    });
  }

  /** Its tokens stay good; it signs nothing more, so its private half is not kept. */
  async retire(kid: string): Promise<void> {
    await this.host.tx.$executeRaw`
      UPDATE signing_keys SET state = 'retired', retired_at = now(), sealed_private_key = '' WHERE kid = ${kid}`;
  }

  async activate(kid: string): Promise<void> {
    await this.host.tx.$executeRaw`
      UPDATE signing_keys SET state = 'active', activated_at = now() WHERE kid = ${kid}`;
  }

  async delete(kid: string): Promise<void> {
    await this.host.tx.$executeRaw`DELETE FROM signing_keys WHERE kid = ${kid}`;
  }

  /** Deletes keys that were retired so long ago, in seconds, that none of their tokens is good. Returns how many. */
  async deleteRetired(olderThanSeconds: number): Promise<number> {
    return await this.host.tx.$executeRaw`
      DELETE FROM signing_keys
      WHERE state = 'retired' AND retired_at < now() - make_interval(secs => ${olderThanSeconds})`;
  }
}
