import { hash } from '@node-rs/argon2';
import type { Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';

/** Of the users that `accessToken` creates. */
export const password = 'a password of scenarios';

/** Creates a user or an administrator, logs in and returns the access token. */
export async function accessToken(
  url: string,
  pool: Pool,
  { email = 'caller@example.com', role = 'user' }: { email?: string; role?: 'user' | 'admin' } = {},
): Promise<string> {
  await pool.query(
    `INSERT INTO users (id, email, email_normalized, email_verified_at, password_hash, roles, created_at, updated_at)
     VALUES ($1, $2, $2, now(), $3, ARRAY[$4], now(), now())`,
    [uuidv7(), email, await hash(password, { memoryCost: 19456, timeCost: 2, parallelism: 1 }), role],
  );
  return await logIn(url, email);
}

/** Logs in a user that `accessToken` has created. */
export async function logIn(url: string, email = 'caller@example.com'): Promise<string> {
  const response = await fetch(`${url}/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  const { accessToken: token } = (await response.json()) as { accessToken?: string };
  if (token === undefined) throw new Error(`The login returned ${response.status}`);
  return token;
}
