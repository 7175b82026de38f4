import { createHash, randomBytes } from 'node:crypto';
import { hash } from '@node-rs/argon2';
import type { Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';

/** Somebody with an account. */
export interface Person {
  readonly id: string;
  readonly email: string;
  readonly password: string;
}

/** What a login gives. */
export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** An answer as far as a scenario looks at it. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const password = 'what nobody would ever guess';
let made = 0;

/** Puts so many people into the database, verified unless told otherwise, all with the same password. */
export async function people(pool: Pool, count: number, { verified = true } = {}): Promise<Person[]> {
  const digest = await hash(password, { memoryCost: 19456, timeCost: 2, parallelism: 1, outputLen: 32 });
  const all = Array.from({ length: count }, (): Person => {
    made += 1;
    return { id: uuidv7(), email: `person${made}@example.com`, password };
  });
  await pool.query(
    `INSERT INTO users (id, email, email_normalized, email_verified_at, password_hash, roles, created_at, updated_at)
     SELECT id, email, email, CASE WHEN $3 THEN now() END, $4, '{user}', now(), now()
     FROM unnest($1::uuid[], $2::text[]) AS one (id, email)`,
    [all.map(({ id }) => id), all.map(({ email }) => email), verified, digest],
  );
  return all;
}

/** Puts a mailed token into the database as the service would, and returns what the mail would carry. */
export async function mailedToken(pool: Pool, purpose: string, { id }: Person, address: string): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await pool.query(
    `INSERT INTO mailed_tokens (id, purpose, user_id, address, token_hash, expires_at)
     VALUES ($1, $2, $3, $4, $5, now() + interval '10 minutes')`,
    [uuidv7(), purpose, id, address, createHash('sha256').update(token).digest()],
  );
  return token;
}

/** Sends JSON and reads JSON. */
export async function post(url: string, body: object, accessToken?: string): Promise<Answer> {
  const reply = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
    },
    body: JSON.stringify(body),
  });
  const text = await reply.text();
  return { status: reply.status, body: text === '' ? {} : (JSON.parse(text) as Answer['body']) };
}

/** @throws when the login is refused */
export async function logIn(url: string, { email, password: own }: Person): Promise<TokenPair> {
  const { status, body } = await post(`${url}/v1/auth/login`, { email, password: own });
  const { accessToken, refreshToken } = body;
  if (typeof accessToken !== 'string' || typeof refreshToken !== 'string') {
    throw new Error(`The login answered ${status}`);
  }
  return { accessToken, refreshToken };
}
