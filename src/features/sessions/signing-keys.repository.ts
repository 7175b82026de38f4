import { Injectable } from '@nestjs/common';
import { Prisma } from '../../database/generated/client.ts';
import { Transactions } from '../../database/transactions.ts';

export interface StoredSigningKey {
  readonly kid: string;
  readonly sealedPrivateKey: Uint8Array;
}

/** Prisma's codes of a missing table and a missing column. */
const unmigrated = new Set(['P2021', 'P2022']);

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

  /** The active key of a database that may not have been migrated yet. */
  async findActiveIfMigrated(): Promise<StoredSigningKey | undefined> {
    try {
      return await this.findActive();
    } catch (error) {
      if (error instanceof Prisma.PrismaClientKnownRequestError && unmigrated.has(error.code)) return undefined;
      throw error;
    }
  }

  async findPublicJwks(): Promise<unknown[]> {
    const keys = await this.host.tx.signingKey.findMany({ select: { publicJwk: true }, orderBy: { createdAt: 'asc' } });
    return keys.map((key) => key.publicJwk);
  }

  /** Stores the first active key; when another process was faster, its key stays and this one is dropped. */
  async insertActive(key: StoredSigningKey & { readonly publicJwk: Prisma.InputJsonValue }): Promise<void> {
    await this.host.tx.$executeRaw`
      INSERT INTO signing_keys (kid, state, public_jwk, sealed_private_key, activated_at)
      VALUES (${key.kid}, 'active', ${key.publicJwk}::jsonb, ${key.sealedPrivateKey}, now())
      ON CONFLICT DO NOTHING`;
  }
}
