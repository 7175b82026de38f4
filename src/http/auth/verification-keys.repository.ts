import { Injectable } from '@nestjs/common';
import { Transactions } from '../../database/transactions.ts';

/** The public half of a signing key. */
export interface PublishedKey {
  readonly kid: string;
  readonly publicJwk: unknown;
}

/** Reads the public keys; the private halves never leave features/sessions. */
@Injectable()
export class VerificationKeysRepository {
  constructor(private readonly host: Transactions) {}

  /** All keys whose tokens may still be good, and the next one. */
  async findAll(): Promise<PublishedKey[]> {
    return await this.host.tx.signingKey.findMany({
      select: { kid: true, publicJwk: true },
      orderBy: { createdAt: 'asc' },
    });
  }
}
