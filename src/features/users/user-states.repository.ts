import { Injectable } from '@nestjs/common';
import { Transactions } from '../../database/transactions.ts';

/** Whether users can log in at all. */
@Injectable()
export class UserStatesRepository {
  constructor(private readonly host: Transactions) {}

  /** Keeps a live user out; false when that has been done already. */
  async disable(id: string): Promise<boolean> {
    const disabled = await this.host.tx.$executeRaw`
      UPDATE users SET disabled_at = now(), version = version + 1, updated_at = now()
      WHERE id = ${id}::uuid AND deleted_at IS NULL AND disabled_at IS NULL`;
    return disabled === 1;
  }

  /** Lets a live user in again; false when nobody keeps them out. */
  async enable(id: string): Promise<boolean> {
    const enabled = await this.host.tx.$executeRaw`
      UPDATE users SET disabled_at = NULL, version = version + 1, updated_at = now()
      WHERE id = ${id}::uuid AND deleted_at IS NULL AND disabled_at IS NOT NULL`;
    return enabled === 1;
  }
}
