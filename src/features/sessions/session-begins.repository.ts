import { Injectable } from '@nestjs/common';
import { Prisma } from '../../database/generated/client.ts';
import { Transactions } from '../../database/transactions.ts';
import type { LoginProof } from './login-proof.ts';

/** A session that shall begin. */
export interface NewSession {
  readonly id: string;
  readonly authTime: Date;
  readonly amr: readonly string[];
  readonly expiresAt: Date;
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/** Sessions of users who have just proved who they are. */
@Injectable()
export class SessionBeginsRepository {
  constructor(private readonly host: Transactions) {}

  /**
   * Stores a session if the account is live, verified and as it was proven; false when it is not so any more. The row of
   * the user stays locked until the transaction ends, against every change and every other login of this user: a change
   * is either seen here, or waits and then finds the session among those that it ends, and logins are counted one after
   * the other. KEY SHARE, which the foreign key takes, would let both pass. Has to be the first statement of its
   * transaction: whoever waits for the user holds nothing that a change could wait for.
   */
  async insert(session: NewSession, proof: LoginProof): Promise<boolean> {
    const inserted = await this.host.tx.$executeRaw`
      INSERT INTO sessions (id, user_id, auth_time, amr, expires_at, ip, user_agent)
      SELECT ${session.id}::uuid, id, ${session.authTime}::timestamptz, ${[...session.amr]}::text[],
        ${session.expiresAt}::timestamptz, ${session.ip}, ${session.userAgent}
      FROM users
      WHERE id = ${proof.userId}::uuid AND deleted_at IS NULL AND disabled_at IS NULL
        AND email_verified_at IS NOT NULL AND ${holds(proof)}
      FOR NO KEY UPDATE`;
    return inserted === 1;
  }
}

function holds(proof: LoginProof): Prisma.Sql {
  return 'passwordHash' in proof
    ? Prisma.sql`password_hash = ${proof.passwordHash} AND password_locked_at IS NULL`
    : Prisma.sql`email = ${proof.address} AND version = ${proof.version}`;
}
