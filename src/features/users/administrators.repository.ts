import { Injectable } from '@nestjs/common';
import { Prisma } from '../../platform/database/generated/client.ts';
import { Transactions } from '../../platform/database/transactions.ts';

const isAdministrator = Prisma.sql`roles @> ARRAY['admin'] AND deleted_at IS NULL AND disabled_at IS NULL
  AND email_verified_at IS NOT NULL AND password_hash IS NOT NULL`;

/** Users who can log in and administer the service. */
@Injectable()
export class AdministratorsRepository {
  constructor(private readonly db: Transactions) {}

  /**
   * Whether this user is the only administrator who can log in. The result holds until the caller's transaction ends:
   * concurrent removals of administrators wait for it.
   */
  async isLast(id: string): Promise<boolean> {
    const locked = await this.db.tx.$queryRaw<unknown[]>`
      SELECT 1 FROM users WHERE id = ${id}::uuid AND ${isAdministrator} FOR NO KEY UPDATE`;
    if (locked.length === 0) return false;
    // One advisory lock: locking the rows of all administrators would block their logins meanwhile.
    await this.db.tx.$queryRaw`SELECT 1 FROM pg_advisory_xact_lock(hashtextextended('administrators', 0))`;
    return !(await this.hasAny(id));
  }

  /** Whether an administrator other than this user can log in. */
  async hasAny(exceptId: string | null = null): Promise<boolean> {
    const found = await this.db.tx.$queryRaw<unknown[]>`
      SELECT 1 FROM users WHERE ${isAdministrator} AND id IS DISTINCT FROM ${exceptId}::uuid LIMIT 1`;
    return found.length === 1;
  }
}
