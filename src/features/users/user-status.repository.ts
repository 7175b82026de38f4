import { Injectable } from '@nestjs/common';
import { Transactions } from '../../platform/database/transactions.ts';

/** Whether users are disabled. */
@Injectable()
export class UserStatusRepository {
  constructor(private readonly db: Transactions) {}

  /** Disables a user; false when the user is disabled already, or deleted. */
  async disable(id: string): Promise<boolean> {
    const disabled = await this.db.tx.$executeRaw`
      UPDATE users SET disabled_at = now(), version = version + 1, updated_at = now()
      WHERE id = ${id}::uuid AND deleted_at IS NULL AND disabled_at IS NULL`;
    return disabled === 1;
  }

  /** Enables a user; false when the user is enabled already, or deleted. */
  async enable(id: string): Promise<boolean> {
    const enabled = await this.db.tx.$executeRaw`
      UPDATE users SET disabled_at = NULL, version = version + 1, updated_at = now()
      WHERE id = ${id}::uuid AND deleted_at IS NULL AND disabled_at IS NOT NULL`;
    return enabled === 1;
  }
}
