import { createHash, randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';

/** A session whose refresh token is unused. */
export interface SeededSession {
  readonly id: string;
  readonly userId: string;
  readonly refreshToken: string;
}

/** Inserts one session, by password, for each of these users; a user may occur several times. */
export async function seedSessions(pool: Pool, userIds: readonly string[]): Promise<SeededSession[]> {
  const all = userIds.map((userId) => ({
    id: uuidv7(),
    userId,
    refreshToken: `rt_${randomBytes(32).toString('base64url')}`,
  }));
  const ids = all.map(({ id }) => id);
  await pool.query(
    `INSERT INTO sessions (id, user_id, amr, expires_at) SELECT id, user_id, '{pwd}', now() + interval '1 day'
     FROM unnest($1::uuid[], $2::uuid[]) AS one (id, user_id)`,
    [ids, userIds],
  );
  await pool.query(
    `INSERT INTO refresh_tokens (id, session_id, generation, token_hash, expires_at)
     SELECT gen_random_uuid(), session_id, 1, token_hash, now() + interval '1 day'
     FROM unnest($1::uuid[], $2::bytea[]) AS one (session_id, token_hash)`,
    [ids, all.map(({ refreshToken }) => createHash('sha256').update(refreshToken).digest())],
  );
  return all;
}
