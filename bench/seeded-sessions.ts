import { createHash, randomBytes } from 'node:crypto';
import { hash } from '@node-rs/argon2';
import type { Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';

/** An unused session. */
export interface SeededSession {
  readonly email: string;
  readonly refreshToken: string;
  readonly isAdmin: boolean;
}

/** Inserts one session with a refresh token for each of as many users, one in five an administrator. */
export async function seededSessions(pool: Pool, count: number, password: string): Promise<SeededSession[]> {
  const digest = await hash(password, { memoryCost: 65_536, timeCost: 3, parallelism: 1, outputLen: 32 });
  const all = Array.from({ length: count }, (_, at) => ({
    userId: uuidv7(),
    sessionId: uuidv7(),
    email: `member${at}@example.com`,
    refreshToken: `rt_${randomBytes(32).toString('base64url')}`,
    isAdmin: at % 5 === 0,
  }));
  await pool.query(
    `INSERT INTO users (id, email, email_normalized, email_verified_at, password_hash, roles, created_at, updated_at)
     SELECT id, email, email, now(), $4, CASE WHEN admin THEN '{admin}'::text[] ELSE '{user}' END, now(), now()
     FROM unnest($1::uuid[], $2::text[], $3::boolean[]) AS one (id, email, admin)`,
    [all.map(({ userId }) => userId), all.map(({ email }) => email), all.map(({ isAdmin }) => isAdmin), digest],
  );
  await pool.query(
    `INSERT INTO sessions (id, user_id, amr, expires_at) SELECT id, user_id, '{pwd}', now() + interval '1 day'
     FROM unnest($1::uuid[], $2::uuid[]) AS one (id, user_id)`,
    [all.map(({ sessionId }) => sessionId), all.map(({ userId }) => userId)],
  );
  await pool.query(
    `INSERT INTO refresh_tokens (id, session_id, generation, token_hash, expires_at)
     SELECT gen_random_uuid(), session_id, 1, token_hash, now() + interval '1 day'
     FROM unnest($1::uuid[], $2::bytea[]) AS one (session_id, token_hash)`,
    [
      all.map(({ sessionId }) => sessionId),
      all.map(({ refreshToken }) => createHash('sha256').update(refreshToken).digest()),
    ],
  );
  return all.map(({ email, refreshToken, isAdmin }) => ({ email, refreshToken, isAdmin }));
}
