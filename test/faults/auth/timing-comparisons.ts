import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { apiKeyDigest, newApiKey } from '../../../src/platform/crypto/api-key-format.ts';
import { codeOf, wrongCodeOf } from '../../harness/http/mfa-flows.ts';
import { createMfaUser, insertChallenges } from './mfa-users.ts';
import type { ExchangeCode } from './provider-logins.ts';
import { codeOfLogin } from './provider-logins.ts';
import type { Comparison, TimedRequest } from './response-times.ts';
import { createUser, createUsers, expectStatus, post } from './users.ts';

/** The service under test, and the size of the samples. */
export interface TimedService {
  readonly url: string;
  readonly pool: Pool;
  readonly rounds: number;
}

const password = 'not the password of any user';

/** Email addresses of accounts and of none, at operations that must not reveal which. */
export const emailOperations: Readonly<Record<string, { path: string; body: (email: string) => object }>> = {
  login: { path: '/v1/auth/login', body: (email) => ({ email, password }) },
  register: { path: '/v1/auth/register', body: (email) => ({ email, password }) },
  forgot: { path: '/v1/auth/password/forgot', body: (email) => ({ email }) },
};

/** An operation with the email addresses of accounts, and with others of the same length. */
export async function knownAgainstUnknown(
  { url, pool, rounds }: TimedService,
  operation: keyof typeof emailOperations,
  name: string = operation,
): Promise<Comparison> {
  const { path = '', body = () => ({}) } = emailOperations[operation] ?? {};
  const emails = (await createUsers(pool, rounds)).map(({ email }) => email);
  const request = (email = ''): TimedRequest => ({ url: url + path, body: body(email) });
  return {
    name: `${name}, known against unknown`,
    first: (at) => request(emails[at]),
    second: (at) => request(emails[at]?.replace('member', 'absent')),
    warmUp: (at) => request(`warm${at}@unknown.example`),
  };
}

/** Second steps of a login that fail: by their token, and by their code. */
export async function secondFactors({ url, pool, rounds }: TimedService): Promise<readonly Comparison[]> {
  const user = await createMfaUser(url, pool);
  const used = codeOf(user);
  const [mfaToken] = await insertChallenges(pool, user, { count: 1 });
  expectStatus(await post(`${url}/v1/auth/mfa/verify`, { mfaToken, method: 'totp', code: used }), 200);
  const wrong = wrongCodeOf(user);
  const request = (token: string | undefined, code: string, method = 'totp'): TimedRequest => ({
    url: `${url}/v1/auth/mfa/verify`,
    body: { mfaToken: token, method, code },
  });
  const unknown = (): TimedRequest => request(randomBytes(32).toString('base64url'), wrong);
  const logins = async (ttlSeconds = 900): Promise<readonly string[]> =>
    await insertChallenges(pool, user, { count: rounds, ttlSeconds });
  const [expired, rejected, replayed, again, recovery] = [
    await logins(0),
    await logins(),
    await logins(),
    await logins(),
    await logins(),
  ];
  const recoveryCode = '0'.repeat(24);
  return [
    {
      name: 'second factor, expired against unknown token',
      first: (at) => request(expired[at], wrong),
      second: unknown,
      warmUp: unknown,
    },
    {
      name: 'second factor, wrong code against unknown token',
      first: (at) => request(rejected[at], wrong),
      second: unknown,
      warmUp: unknown,
    },
    {
      name: 'second factor, used against wrong code',
      first: (at) => request(replayed[at], used),
      second: (at) => request(again[at], wrong),
      warmUp: unknown,
    },
    {
      name: 'second factor, wrong recovery code against unknown token',
      first: (at) => request(recovery[at], recoveryCode, 'recovery-code'),
      second: unknown,
      warmUp: unknown,
    },
  ];
}

/** API keys that are not valid, against keys that were never issued. */
export async function apiKeys({ url, pool, rounds }: TimedService): Promise<readonly Comparison[]> {
  const owner = await createUser(pool);
  const disabled = await createUser(pool);
  await pool.query('UPDATE users SET disabled_at = now() WHERE id = $1', [disabled.id]);
  const request = (key: string | undefined): TimedRequest => ({
    url: `${url}/v1/users/me`,
    headers: { 'x-api-key': key ?? '' },
  });
  const unknown = (): TimedRequest => request(newApiKey('production').key);
  const against = async (name: string, key: Omit<StoredKeys, 'count'>): Promise<Comparison> => {
    const keys = await insertApiKeys(pool, { ...key, count: rounds });
    return {
      name: `API key, ${name} against unknown`,
      first: (at) => request(keys[at]),
      second: unknown,
      warmUp: unknown,
    };
  };
  return [
    await against('wrong secret', { userId: owner.id, hasSecret: false }),
    await against('revoked', { userId: owner.id, revokedAt: 'now()' }),
    await against('expired', { userId: owner.id, expiresAt: 'now()' }),
    await against('disabled owner', { userId: disabled.id }),
  ];
}

interface StoredKeys {
  readonly userId: string;
  readonly count: number;
  /** false stores the hash of another secret. */
  readonly hasSecret?: boolean;
  /** Expressions of SQL. */
  readonly revokedAt?: string;
  readonly expiresAt?: string;
}

/** Inserts API keys as the service does, and returns them. */
async function insertApiKeys(
  pool: Pool,
  { userId, count, hasSecret = true, revokedAt = 'NULL', expiresAt = `now() + interval '1 day'` }: StoredKeys,
): Promise<readonly string[]> {
  const keys = Array.from({ length: count }, () => newApiKey('production'));
  const digests = keys.map(({ key }) => apiKeyDigest(hasSecret ? key : newApiKey('production').key));
  await pool.query(
    `INSERT INTO api_keys (id, user_id, name, prefix, key_hash, scopes, expires_at, revoked_at)
     SELECT id, $1, 'Scenario', prefix, decode(digest, 'base64'), '{}', ${expiresAt}, ${revokedAt}
     FROM unnest($2::uuid[], $3::text[], $4::text[]) AS one (id, prefix, digest)`,
    [userId, keys.map(() => uuidv7()), keys.map(({ prefix }) => prefix), digests],
  );
  return keys.map(({ key }) => key);
}

/** Codes of provider logins that are not accepted, against codes that were never issued. */
export async function exchangeCodes({ url, pool, rounds }: TimedService): Promise<readonly Comparison[]> {
  const codes: ExchangeCode[] = [];
  for (let at = 0; at < rounds; at += 1) codes.push(await codeOfLogin(url, at + 1));
  await pool.query(`UPDATE oauth_logins SET code_expires_at = now() + interval '1 hour'`);
  const request = (body: Partial<ExchangeCode> = {}): TimedRequest => ({ url: `${url}/v1/auth/oauth/exchange`, body });
  const random = (): string => randomBytes(32).toString('base64url');
  const unknown = (): TimedRequest => request({ code: random(), codeVerifier: random() });
  return [
    {
      name: 'code of a provider login, wrong verifier against unknown',
      first: (at) => request({ ...codes[at], codeVerifier: random() }),
      second: unknown,
      warmUp: unknown,
    },
    {
      name: 'code of a provider login, expired against unknown',
      prepare: async () => {
        await pool.query('UPDATE oauth_logins SET code_expires_at = now()');
      },
      first: (at) => request(codes[at]),
      second: unknown,
      warmUp: unknown,
    },
  ];
}
