import { hash } from '@node-rs/argon2';
import type { Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { seedSessions } from '../test/faults/auth/seeded-sessions.ts';

/** An unused session. */
export interface SeededSession {
  readonly email: string;
  readonly refreshToken: string;
  readonly isAdmin: boolean;
}

/** Inserts one session with a refresh token for each of as many users, one in five an administrator. */
export async function seededSessions(pool: Pool, count: number, password: string): Promise<SeededSession[]> {
  const digest = await hash(password, { memoryCost: 65_536, timeCost: 3, parallelism: 1, outputLen: 32 });
  const users = Array.from({ length: count }, (_, at) => ({
    id: uuidv7(),
    email: `member${at}@example.com`,
    isAdmin: at % 5 === 0,
  }));
  const ids = users.map(({ id }) => id);
  await pool.query(
    `INSERT INTO users (id, email, email_normalized, email_verified_at, password_hash, roles, created_at, updated_at)
     SELECT id, email, email, now(), $4, CASE WHEN admin THEN '{admin}'::text[] ELSE '{user}' END, now(), now()
     FROM unnest($1::uuid[], $2::text[], $3::boolean[]) AS one (id, email, admin)`,
    [ids, users.map(({ email }) => email), users.map(({ isAdmin }) => isAdmin), digest],
  );
  const sessions = await seedSessions(pool, ids);
  return users.map(({ email, isAdmin }, at) => ({ email, isAdmin, refreshToken: sessions[at]?.refreshToken ?? '' }));
}
