import { Injectable } from '@nestjs/common';
import type { Prisma } from '../../../platform/database/generated/client.ts';
import { Transactions } from '../../../platform/database/transactions.ts';
import type { PresentedToken } from './refresh-decision.ts';

/** The columns of a session that a refresh reads. */
export interface LockedSession {
  readonly id: string;
  readonly userId: string;
  readonly authTime: Date;
  readonly amr: readonly string[];
  readonly expiresAt: Date;
}

/** The columns that a session has which replaces this one. */
export interface ReplaceableSession extends LockedSession {
  readonly identityId: string | null;
  readonly providerSessionId: string | null;
}

/** The session of a refresh token. */
export interface FoundSession {
  readonly id: string;
  readonly userId: string;
  readonly isActive: boolean;
}

export interface StoredRefreshToken extends PresentedToken {
  readonly id: string;
  readonly generation: number;
  readonly encryptedSuccessor: Uint8Array | null;
  /** When the successor expires; null while there is none. */
  readonly successorExpiresAt: Date | null;
}

export interface NewRefreshToken {
  readonly sessionId: string;
  readonly generation: number;
  readonly tokenHash: Uint8Array<ArrayBuffer>;
  readonly expiresAt: Date;
}

/** Sessions and the generations of their refresh tokens. */
@Injectable()
export class SessionsRepository {
  constructor(private readonly db: Transactions) {}

  async insert(row: Prisma.SessionCreateManyInput): Promise<void> {
    await this.db.tx.session.createMany({ data: [row] });
  }

  async insertToken(row: NewRefreshToken): Promise<void> {
    await this.db.tx.refreshToken.createMany({ data: [row] });
  }

  /** The session of this token, locked until the transaction ends, so that its refreshes are serialized. */
  async lockByToken(tokenHash: Uint8Array): Promise<LockedSession | undefined> {
    const [session] = await this.db.tx.$queryRaw<LockedSession[]>`
      SELECT id, user_id AS "userId", auth_time AS "authTime", amr, expires_at AS "expiresAt"
      FROM sessions WHERE id = (SELECT session_id FROM refresh_tokens WHERE token_hash = ${tokenHash})
      FOR UPDATE`;
    return session;
  }

  /** The session of this token, and whether it is neither revoked nor expired. */
  async findByToken(tokenHash: Uint8Array): Promise<FoundSession | undefined> {
    const [session] = await this.db.tx.$queryRaw<FoundSession[]>`
      SELECT s.id, s.user_id AS "userId",
        s.revoked_at IS NULL AND s.expires_at > now() AND t.expires_at > now() AS "isActive"
      FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id WHERE t.token_hash = ${tokenHash}`;
    return session;
  }

  /** An active session of this user. */
  async findActive(id: string, userId: string): Promise<ReplaceableSession | undefined> {
    const [session] = await this.db.tx.$queryRaw<ReplaceableSession[]>`
      SELECT id, user_id AS "userId", auth_time AS "authTime", amr, expires_at AS "expiresAt",
        identity_id AS "identityId", provider_session_id AS "providerSessionId"
      FROM sessions WHERE id = ${id}::uuid AND user_id = ${userId}::uuid AND revoked_at IS NULL AND expires_at > now()`;
    return session;
  }

  /** Whether a session of this user is active; if so, it stays locked until the transaction ends. */
  async lockActive(id: string, userId: string): Promise<boolean> {
    const locked = await this.db.tx.$queryRaw<unknown[]>`
      SELECT 1 FROM sessions
      WHERE id = ${id}::uuid AND user_id = ${userId}::uuid AND revoked_at IS NULL AND expires_at > now() FOR UPDATE`;
    return locked.length === 1;
  }

  /** The token and its successor. Call after locking the session: an earlier statement could read outdated rows. */
  async findToken(tokenHash: Uint8Array, reuseIntervalSeconds: number): Promise<StoredRefreshToken | undefined> {
    const [token] = await this.db.tx.$queryRaw<StoredRefreshToken[]>`
      SELECT t.id, t.generation, t.encrypted_successor AS "encryptedSuccessor",
        successor.expires_at AS "successorExpiresAt",
        s.revoked_at IS NOT NULL OR s.expires_at <= now()
          OR u.disabled_at IS NOT NULL OR u.deleted_at IS NOT NULL AS "sessionOver",
        t.expires_at <= now() AS expired,
        t.used_at IS NOT NULL AS used,
        coalesce(clock_timestamp() - t.used_at <= make_interval(secs => ${reuseIntervalSeconds}), false)
          AND ${reuseIntervalSeconds} > 0 AS "usedWithinReuseInterval",
        successor.id IS NOT NULL AND successor.used_at IS NULL AS "successorUnused"
      FROM refresh_tokens t
      JOIN sessions s ON s.id = t.session_id
      JOIN users u ON u.id = s.user_id
      LEFT JOIN refresh_tokens successor
        ON successor.session_id = t.session_id AND successor.generation = t.generation + 1
      WHERE t.token_hash = ${tokenHash}`;
    return token;
  }

  /**
   * Marks a token as used, stores its encrypted successor for the reuse interval, and updates the session's time of
   * last use. Also deletes the encrypted successor of the generation before, so that at most one generation has one.
   */
  async useToken(
    { id, generation }: StoredRefreshToken,
    encryptedSuccessor: Uint8Array,
    sessionId: string,
  ): Promise<void> {
    await this.db.tx.$executeRaw`
      WITH used AS (
        UPDATE refresh_tokens SET used_at = clock_timestamp(), encrypted_successor = ${encryptedSuccessor}
        WHERE id = ${id}::uuid
      ), older AS (
        UPDATE refresh_tokens SET encrypted_successor = NULL
        WHERE session_id = ${sessionId}::uuid AND generation = ${generation - 1} AND encrypted_successor IS NOT NULL
      )
      UPDATE sessions SET last_used_at = now() WHERE id = ${sessionId}::uuid`;
  }

  /** Deletes the encrypted successors of tokens that were used before the reuse interval, 1,000 at a time. */
  async deleteExpiredSuccessors(reuseIntervalSeconds: number): Promise<void> {
    await this.db.tx.$executeRaw`
      UPDATE refresh_tokens SET encrypted_successor = NULL WHERE id IN (
        SELECT id FROM refresh_tokens
        WHERE encrypted_successor IS NOT NULL AND used_at < now() - make_interval(secs => ${reuseIntervalSeconds})
        LIMIT 1000 FOR UPDATE SKIP LOCKED
      )`;
  }

  /** The email address of a user. */
  async findEmail(userId: string): Promise<string | undefined> {
    const [user] = await this.db.tx.$queryRaw<{ email: string }[]>`
      SELECT email FROM users WHERE id = ${userId}::uuid`;
    return user?.email;
  }

  /** Revokes a session. Returns its user, or undefined when it was revoked before. */
  async revoke(id: string, reason: string): Promise<{ userId: string } | undefined> {
    const [revoked] = await this.db.tx.$queryRaw<{ userId: string }[]>`
      UPDATE sessions SET revoked_at = now(), revoked_reason = ${reason}
      WHERE id = ${id}::uuid AND revoked_at IS NULL RETURNING user_id AS "userId"`;
    return revoked;
  }

  /** Revokes an active session of this user. False when it is not active. */
  async revokeOne(userId: string, id: string, reason: string): Promise<boolean> {
    const revoked = await this.db.tx.$executeRaw`
      UPDATE sessions SET revoked_at = now(), revoked_reason = ${reason}
      WHERE id = ${id}::uuid AND user_id = ${userId}::uuid AND revoked_at IS NULL AND expires_at > now()`;
    return revoked === 1;
  }
}
