import { Injectable } from '@nestjs/common';
import type { Prisma } from '../../database/generated/client.ts';
import { Transactions } from '../../database/transactions.ts';
import type { PresentedToken } from './refresh-decision.ts';

/** A session as far as a refresh needs it. */
export interface RefreshedSession {
  readonly id: string;
  readonly userId: string;
  readonly authTime: Date;
  readonly amr: readonly string[];
  readonly expiresAt: Date;
}

export interface StoredRefreshToken extends PresentedToken {
  readonly id: string;
  readonly generation: number;
  readonly sealedChild: Uint8Array | null;
  /** When the child expires; null while there is none. */
  readonly childExpiresAt: Date | null;
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
  constructor(private readonly host: Transactions) {}

  async insert(row: Prisma.SessionCreateManyInput): Promise<void> {
    await this.host.tx.session.createMany({ data: [row] });
  }

  async insertToken(row: NewRefreshToken): Promise<void> {
    await this.host.tx.refreshToken.createMany({ data: [row] });
  }

  /** The session of this token, locked until the transaction ends, so that its refreshes follow one another. */
  async lockByToken(tokenHash: Uint8Array): Promise<RefreshedSession | undefined> {
    const [session] = await this.host.tx.$queryRaw<RefreshedSession[]>`
      SELECT id, user_id AS "userId", auth_time AS "authTime", amr, expires_at AS "expiresAt"
      FROM sessions WHERE id = (SELECT session_id FROM refresh_tokens WHERE token_hash = ${tokenHash})
      FOR UPDATE`;
    return session;
  }

  /** A session of this user that is not over. */
  async findAlive(id: string, userId: string): Promise<RefreshedSession | undefined> {
    const [session] = await this.host.tx.$queryRaw<RefreshedSession[]>`
      SELECT id, user_id AS "userId", auth_time AS "authTime", amr, expires_at AS "expiresAt"
      FROM sessions WHERE id = ${id}::uuid AND user_id = ${userId}::uuid AND killed_at IS NULL AND expires_at > now()`;
    return session;
  }

  /** Whether a session of this user is not over; it is locked until the transaction ends then. */
  async lockAlive(id: string, userId: string): Promise<boolean> {
    const locked = await this.host.tx.$queryRaw<unknown[]>`
      SELECT 1 FROM sessions
      WHERE id = ${id}::uuid AND user_id = ${userId}::uuid AND killed_at IS NULL AND expires_at > now() FOR UPDATE`;
    return locked.length === 1;
  }

  /** The token, seen by a statement that began after the session was locked: an earlier one would see old news. */
  async findToken(tokenHash: Uint8Array, graceSeconds: number): Promise<StoredRefreshToken | undefined> {
    const [token] = await this.host.tx.$queryRaw<StoredRefreshToken[]>`
      SELECT t.id, t.generation, t.sealed_child AS "sealedChild", child.expires_at AS "childExpiresAt",
        s.killed_at IS NOT NULL OR s.expires_at <= now()
          OR u.disabled_at IS NOT NULL OR u.deleted_at IS NOT NULL AS "sessionOver",
        t.expires_at <= now() AS expired,
        t.used_at IS NOT NULL AS used,
        coalesce(clock_timestamp() - t.used_at <= make_interval(secs => ${graceSeconds}), false)
          AND ${graceSeconds} > 0 AS "usedWithinGrace",
        child.id IS NOT NULL AND child.used_at IS NULL AS "childUnused"
      FROM refresh_tokens t
      JOIN sessions s ON s.id = t.session_id
      JOIN users u ON u.id = s.user_id
      LEFT JOIN refresh_tokens child ON child.session_id = t.session_id AND child.generation = t.generation + 1
      WHERE t.token_hash = ${tokenHash}`;
    return token;
  }

  /**
   * Marks a token as used, keeps its sealed child for the grace and notes that the session lives. That of the generation
   * before is forgotten, as it has forgotten the one before: a session may have any number of generations.
   */
  async useToken({ id, generation }: StoredRefreshToken, sealedChild: Uint8Array, sessionId: string): Promise<void> {
    await this.host.tx.$executeRaw`
      WITH used AS (
        UPDATE refresh_tokens SET used_at = clock_timestamp(), sealed_child = ${sealedChild} WHERE id = ${id}::uuid
      ), older AS (
        UPDATE refresh_tokens SET sealed_child = NULL
        WHERE session_id = ${sessionId}::uuid AND generation = ${generation - 1} AND sealed_child IS NOT NULL
      )
      UPDATE sessions SET last_used_at = now() WHERE id = ${sessionId}::uuid`;
  }

  /** Forgets the sealed children of tokens that were used longer ago than the grace, 1,000 at a time. */
  async forgetSealed(graceSeconds: number): Promise<void> {
    await this.host.tx.$executeRaw`
      UPDATE refresh_tokens SET sealed_child = NULL WHERE id IN (
        SELECT id FROM refresh_tokens
        WHERE sealed_child IS NOT NULL AND used_at < now() - make_interval(secs => ${graceSeconds})
        LIMIT 1000 FOR UPDATE SKIP LOCKED
      )`;
  }

  /** Where a user receives mail. */
  async findAddress(userId: string): Promise<string | undefined> {
    const [user] = await this.host.tx.$queryRaw<{ email: string }[]>`
      SELECT email FROM users WHERE id = ${userId}::uuid`;
    return user?.email;
  }

  /** Ends a session. Returns whose it was, or nothing when it had ended before. */
  async kill(id: string, reason: string): Promise<{ userId: string } | undefined> {
    const [killed] = await this.host.tx.$queryRaw<{ userId: string }[]>`
      UPDATE sessions SET killed_at = now(), killed_reason = ${reason}
      WHERE id = ${id}::uuid AND killed_at IS NULL RETURNING user_id AS "userId"`;
    return killed;
  }

  /** Ends a live session of this user, and says whether there was one. */
  async killOneOf(userId: string, id: string, reason: string): Promise<boolean> {
    const killed = await this.host.tx.$executeRaw`
      UPDATE sessions SET killed_at = now(), killed_reason = ${reason}
      WHERE id = ${id}::uuid AND user_id = ${userId}::uuid AND killed_at IS NULL AND expires_at > now()`;
    return killed === 1;
  }
}
