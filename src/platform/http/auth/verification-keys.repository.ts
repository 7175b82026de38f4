import { Injectable } from '@nestjs/common';
import { Transactions } from '../../database/transactions.ts';

/** The public half of a signing key. */
export interface PublishedKey {
  readonly kid: string;
  readonly publicJwk: unknown;
}

/** Reads the public keys; the private keys never leave features/auth/signing-keys. */
@Injectable()
export class VerificationKeysRepository {
  constructor(private readonly db: Transactions) {}

  /** The keys whose tokens may still be valid, and the next signing key. */
  async findAll(): Promise<PublishedKey[]> {
    return await this.db.tx.signingKey.findMany({
      select: { kid: true, publicJwk: true },
      orderBy: { createdAt: 'asc' },
    });
  }
}
