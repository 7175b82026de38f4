import { createHash, randomBytes } from 'node:crypto';
import { hash } from '@node-rs/argon2';
import type { Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';

/** A user with an account. */
export interface TestUser {
  readonly id: string;
  readonly email: string;
  readonly password: string;
}

/** The tokens that a login returns. */
export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** The parts of a response that scenarios use. */
export interface JsonResponse {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const password = 'a password that is not guessed';
let created = 0;

/** Inserts users, verified by default, all with the same password. */
export async function createUsers(pool: Pool, count: number, { verified = true } = {}): Promise<TestUser[]> {
  const digest = await hash(password, { memoryCost: 19456, timeCost: 2, parallelism: 1, outputLen: 32 });
  const all = Array.from({ length: count }, (): TestUser => {
    created += 1;
    return { id: uuidv7(), email: `member${created}@example.com`, password };
  });
  await pool.query(
    `INSERT INTO users (id, email, email_normalized, email_verified_at, password_hash, roles, created_at, updated_at)
     SELECT id, email, email, CASE WHEN $3 THEN now() END, $4, '{user}', now(), now()
     FROM unnest($1::uuid[], $2::text[]) AS one (id, email)`,
    [all.map(({ id }) => id), all.map(({ email }) => email), verified, digest],
  );
  return all;
}

/** Inserts a one-time token as the service does, and returns the token that the mail contains. */
export async function insertOneTimeToken(
  pool: Pool,
  purpose: string,
  { id }: TestUser,
  address: string,
): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await pool.query(
    `INSERT INTO one_time_tokens (id, purpose, user_id, email, token_hash, expires_at)
     VALUES ($1, $2, $3, $4, $5, now() + interval '10 minutes')`,
    [uuidv7(), purpose, id, address, createHash('sha256').update(token).digest()],
  );
  return token;
}

/** Sends JSON and reads JSON. */
export async function post(url: string, body: object, accessToken?: string): Promise<JsonResponse> {
  return await send(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...bearer(accessToken) },
    body: JSON.stringify(body),
  });
}

/** Sends a DELETE, whatever the version of the resource. */
export async function remove(url: string, accessToken: string): Promise<JsonResponse> {
  return await send(url, { method: 'DELETE', headers: { 'if-match': '*', ...bearer(accessToken) } });
}

/** The header fields that authenticate by an access token. */
export function bearer(accessToken: string | undefined): Readonly<Record<string, string>> {
  return accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` };
}

/** @throws when the response has another status */
export function expectStatus(response: JsonResponse, status: number): JsonResponse {
  if (response.status === status) return response;
  throw new Error(`Expected ${status}, received ${response.status}: ${JSON.stringify(response.body)}`);
}

async function send(url: string, request: RequestInit): Promise<JsonResponse> {
  const response = await fetch(url, request);
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as JsonResponse['body']) };
}

/** Creates one verified user. */
export async function createUser(pool: Pool): Promise<TestUser> {
  const [user] = await createUsers(pool, 1);
  if (user === undefined) throw new Error('No user was created');
  return user;
}

/** The number of these audit events about these users that report a success; `reason` is a LIKE pattern. */
export async function auditedSuccesses(
  pool: Pool,
  { users, events, reason = '%' }: { users: readonly TestUser[]; events: readonly string[]; reason?: string },
): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM audit_events
     WHERE subject_id = ANY ($1) AND event = ANY ($2) AND outcome = 'success' AND coalesce(reason, '') LIKE $3`,
    [users.map(({ id }) => id), events, reason],
  );
  return rows[0]?.count ?? 0;
}

/** @throws when the login is rejected */
export async function logIn(url: string, { email, password: own }: TestUser): Promise<TokenPair> {
  const { status, body } = await post(`${url}/v1/auth/login`, { email, password: own });
  const { accessToken, refreshToken } = body;
  if (typeof accessToken !== 'string' || typeof refreshToken !== 'string') {
    throw new Error(`The login returned ${status}`);
  }
  return { accessToken, refreshToken };
}

/** Creates an API key without scopes. */
export async function createApiKey(url: string, accessToken: string): Promise<{ id: string; key: string }> {
  const created = await post(`${url}/v1/auth/api-keys`, { name: 'Scenario', scopes: [] }, accessToken);
  const { body } = expectStatus(created, 201);
  return { id: String(body['id']), key: String(body['key']) };
}
