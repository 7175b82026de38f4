import { Injectable } from '@nestjs/common';
import { Transactions } from '../../database/transactions.ts';
import type { Credentials } from './user.ts';

const credentials = {
  id: true,
  email: true,
  displayName: true,
  passwordHash: true,
  passwordLockedAt: true,
  emailVerifiedAt: true,
  disabledAt: true,
} as const;

/** What live users log in with. */
@Injectable()
export class CredentialsRepository {
  constructor(private readonly host: Transactions) {}

  async findByEmail(emailNormalized: string): Promise<Credentials | undefined> {
    const where = { emailNormalized, deletedAt: null };
    return (await this.host.tx.user.findFirst({ where, select: credentials })) ?? undefined;
  }

  async findById(id: string): Promise<Credentials | undefined> {
    return (await this.host.tx.user.findFirst({ where: { id, deletedAt: null }, select: credentials })) ?? undefined;
  }

  /** Makes a password count no more; false when it does not already, or there is none. */
  async lock(id: string): Promise<boolean> {
    const locked = await this.host.tx.$executeRaw`
      UPDATE users SET password_locked_at = now()
      WHERE id = ${id}::uuid AND password_hash IS NOT NULL AND password_locked_at IS NULL AND deleted_at IS NULL`;
    return locked === 1;
  }

  /** Replaces the password that was read; false when it is another one by now, or does not count any more. */
  async replace({ id, passwordHash: old }: Credentials, passwordHash: string): Promise<boolean> {
    const changed = await this.host.tx.$executeRaw`
      UPDATE users SET password_hash = ${passwordHash}, version = version + 1, updated_at = now()
      WHERE id = ${id}::uuid AND password_hash = ${old} AND password_locked_at IS NULL
        AND deleted_at IS NULL AND disabled_at IS NULL`;
    return changed === 1;
  }

  /** The same password under another hash: nothing that anybody is shown has changed. False when it is another by now. */
  async rehash({ id, passwordHash: old }: Credentials, passwordHash: string): Promise<boolean> {
    const changed = await this.host.tx.$executeRaw`
      UPDATE users SET password_hash = ${passwordHash} WHERE id = ${id}::uuid AND password_hash = ${old}`;
    return changed === 1;
  }
}
