import { Injectable } from '@nestjs/common';
import { Prisma } from '../../database/generated/client.ts';
import { Transactions } from '../../database/transactions.ts';

const administers = Prisma.sql`roles @> ARRAY['admin'] AND deleted_at IS NULL AND disabled_at IS NULL
  AND email_verified_at IS NOT NULL AND password_hash IS NOT NULL`;

/** Users who can log in and administer the service. */
@Injectable()
export class AdministratorsRepository {
  constructor(private readonly host: Transactions) {}

  /**
   * Whether nobody but this user administers the service. Until the caller's transaction ends this is so: whoever takes
   * another administrator away waits for it.
   */
  async isLast(id: string): Promise<boolean> {
    const locked = await this.host.tx.$queryRaw<unknown[]>`
      SELECT 1 FROM users WHERE id = ${id}::uuid AND ${administers} FOR NO KEY UPDATE`;
    if (locked.length === 0) return false;
    // One lock for all: rows would be as many as there are administrators, and none of them could log in meanwhile.
    await this.host.tx.$queryRaw`SELECT 1 FROM pg_advisory_xact_lock(hashtextextended('administrators', 0))`;
    return !(await this.hasAny(id));
  }

  /** Whether somebody can log in who administers the service, other than this user. */
  async hasAny(exceptId: string | null = null): Promise<boolean> {
    const found = await this.host.tx.$queryRaw<unknown[]>`
      SELECT 1 FROM users WHERE ${administers} AND id IS DISTINCT FROM ${exceptId}::uuid LIMIT 1`;
    return found.length === 1;
  }
}
