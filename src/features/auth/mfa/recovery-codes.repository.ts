import { Injectable } from '@nestjs/common';
import { Transactions } from '../../../platform/database/transactions.ts';

/** Recovery codes that are not used yet, by their HMAC. */
@Injectable()
export class RecoveryCodesRepository {
  constructor(private readonly db: Transactions) {}

  async insert(userId: string, ids: readonly string[], hashes: readonly Uint8Array[]): Promise<void> {
    await this.db.tx.$executeRaw`
      INSERT INTO recovery_codes (id, user_id, code_hash)
      SELECT id, ${userId}::uuid, code_hash FROM unnest(${[...ids]}::uuid[], ${[...hashes]}::bytea[]) AS code (id, code_hash)`;
  }

  async exists(userId: string, codeHash: Uint8Array): Promise<boolean> {
    const rows = await this.db.tx.$queryRaw<unknown[]>`
      SELECT 1 FROM recovery_codes WHERE user_id = ${userId}::uuid AND code_hash = ${codeHash}`;
    return rows.length === 1;
  }

  /** Deletes a code; false when it does not exist. */
  async delete(userId: string, codeHash: Uint8Array): Promise<boolean> {
    const deleted = await this.db.tx.$executeRaw`
      DELETE FROM recovery_codes WHERE user_id = ${userId}::uuid AND code_hash = ${codeHash}`;
    return deleted === 1;
  }

  async deleteAll(userId: string): Promise<void> {
    await this.db.tx.$executeRaw`DELETE FROM recovery_codes WHERE user_id = ${userId}::uuid`;
  }

  async count(userId: string): Promise<number> {
    return await this.db.tx.recoveryCode.count({ where: { userId } });
  }
}
