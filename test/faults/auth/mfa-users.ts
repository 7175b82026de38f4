import { createHash, randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { codeOf } from '../../harness/http/mfa-flows.ts';
import type { TestUser } from './users.ts';
import { createUser, expectStatus, logIn, post } from './users.ts';

/** An authenticator app. */
export interface AuthenticatorApp {
  readonly factorId: string;
  /** Base32. */
  readonly secret: string;
}

/** A user with an active authenticator app, in a session with both factors. */
export interface MfaUser extends TestUser, AuthenticatorApp {
  readonly accessToken: string;
}

/** Creates a user, and adds and activates an authenticator app. */
export async function createMfaUser(url: string, pool: Pool): Promise<MfaUser> {
  const user = await createUser(pool);
  const { accessToken } = await logIn(url, user);
  const app = await enrol(url, accessToken);
  expectStatus(await post(`${url}/v1/auth/mfa/totp/${app.factorId}/activate`, { code: codeOf(app) }, accessToken), 200);
  await allowReplay(pool, user);
  const { body } = expectStatus(await post(`${url}/v1/auth/reauthenticate`, { code: codeOf(app) }, accessToken), 200);
  await allowReplay(pool, user);
  return { ...user, ...app, accessToken: String(body['accessToken']) };
}

/** Adds an authenticator app that is not activated. */
export async function enrol(url: string, accessToken: string): Promise<AuthenticatorApp> {
  const { body } = expectStatus(await post(`${url}/v1/auth/mfa/totp`, {}, accessToken), 201);
  return { factorId: String(body['factorId']), secret: String(body['secret']) };
}

/** Accepts codes that were used before. */
export async function allowReplay(pool: Pool, { id }: TestUser): Promise<void> {
  await pool.query('UPDATE totp_factors SET last_step = 0 WHERE user_id = $1', [id]);
}

/** Replaces the recovery codes of the user. */
export async function newRecoveryCodes(url: string, { accessToken }: MfaUser): Promise<readonly string[]> {
  const { body } = expectStatus(await post(`${url}/v1/auth/mfa/recovery-codes`, {}, accessToken), 200);
  return body['recoveryCodes'] as readonly string[];
}

/**
 * Inserts logins that wait for their second factor as the service does, and returns their tokens.
 * @param versionsAhead so many changes of the account are awaited before the login is completed
 */
export async function insertChallenges(
  pool: Pool,
  { id }: TestUser,
  { count, versionsAhead = 0, ttlSeconds = 300 }: { count: number; versionsAhead?: number; ttlSeconds?: number },
): Promise<readonly string[]> {
  const tokens = Array.from({ length: count }, () => randomBytes(32).toString('base64url'));
  await pool.query(
    `INSERT INTO mfa_challenges (id, user_id, token_hash, amr, email, user_version, expires_at)
     SELECT gen_random_uuid(), id, token_hash, '{pwd}', email, version + $3, now() + make_interval(secs => $4)
     FROM users, unnest($2::bytea[]) AS one (token_hash) WHERE id = $1`,
    [id, tokens.map((token) => createHash('sha256').update(token).digest()), versionsAhead, ttlSeconds],
  );
  return tokens;
}
