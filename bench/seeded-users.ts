import { hash } from '@node-rs/argon2';
import type { Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';

const password = 'a password of benchmarks';

/** Inserts users without a password, created one second apart, for lists. */
export async function seedUsers(pool: Pool, count: number): Promise<void> {
  await pool.query(
    `INSERT INTO users (id, email, email_normalized, email_verified_at, display_name, roles, created_at, updated_at)
     SELECT id, 'user-' || id || '@example.com', 'user-' || id || '@example.com', now(), 'Seeded user', '{user}',
       now() - make_interval(secs => at), now()
     FROM unnest($1::uuid[]) WITH ORDINALITY AS made (id, at)`,
    [Array.from({ length: count }, () => uuidv7())],
  );
}

/** Inserts administrators, logs each of them in and returns the access tokens. */
export async function administrators(url: string, pool: Pool, count: number): Promise<string[]> {
  const digest = await hash(password, { memoryCost: 19456, timeCost: 2, parallelism: 1 });
  const emails = Array.from({ length: count }, () => `administrator-${uuidv7()}@example.com`);
  await pool.query(
    `INSERT INTO users (id, email, email_normalized, email_verified_at, password_hash, roles, created_at, updated_at)
     SELECT id, email, email, now(), $3, '{admin}', now(), now() FROM unnest($1::uuid[], $2::text[]) AS made (id, email)`,
    [emails.map(() => uuidv7()), emails, digest],
  );
  const tokens: string[] = [];
  for (const email of emails) tokens.push(await login(url, email));
  return tokens;
}

async function login(url: string, email: string): Promise<string> {
  const reply = await fetch(`${url}/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  const { accessToken } = (await reply.json()) as { accessToken?: string };
  if (accessToken === undefined) throw new Error(`The login returned ${reply.status}`);
  return accessToken;
}
