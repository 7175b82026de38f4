import { beforeAll, describe, expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { calculateJwkThumbprint, decodeJwt, exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import type { Reply } from './support/api.ts';
import { start } from './support/app.ts';
import type { GivenUser } from './support/given.ts';

const { api, given, database } = await start();

const pair = await generateKeyPair('ES256', { extractable: true });
const jwk = await exportJWK(pair.publicKey);
const kid = await calculateJwkThumbprint(jwk);
const stranger = await generateKeyPair('ES256');
const goodHeader = { alg: 'ES256', typ: 'at+jwt', kid };

let user: GivenUser;
let other: GivenUser;
/** The claims of a token of the service, issued to `user`. */
let claims: JWTPayload;

beforeAll(async () => {
  // A key whose private half is known to the test: the service checks with every public half that it finds.
  await database.pool.query(
    `INSERT INTO signing_keys (kid, state, public_jwk, sealed_private_key) VALUES ($1, 'retired', $2, $3)`,
    [kid, JSON.stringify({ ...jwk, kid, alg: 'ES256', use: 'sig' }), Buffer.from('nobody opens this')],
  );
  user = await given.user();
  other = await given.user();
  claims = decodeJwt((await api.logIn(user)).accessToken);
});

const now = (): number => Math.floor(Date.now() / 1000);
const encoded = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');

async function sign(changes: Readonly<Record<string, unknown>> = {}, header: object = {}): Promise<string> {
  const signer = new SignJWT({ ...claims, ...changes }).setProtectedHeader({ ...goodHeader, ...header });
  return await signer.sign(pair.privateKey);
}

async function unsigned(): Promise<string> {
  return (await sign()).split('.').slice(0, 2).join('.');
}

/** Signed with HMAC under the public key, which a confused verifier would take for the secret. */
async function confused(): Promise<string> {
  const input = `${encoded({ ...goodHeader, alg: 'HS256' })}.${encoded(claims)}`;
  const pem = await exportSPKI(pair.publicKey);
  return `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`;
}

async function signedByStranger(): Promise<string> {
  return await new SignJWT(claims).setProtectedHeader(goodHeader).sign(stranger.privateKey);
}

async function ofActiveKey(): Promise<string> {
  const { rows } = await database.pool.query<{ kid: string }>(`SELECT kid FROM signing_keys WHERE state = 'active'`);
  return await sign({}, { kid: rows[0]?.kid });
}

async function present(token: string): Promise<Reply> {
  return await api.get('/v1/users/me', { Authorization: `Bearer ${token}` });
}

/** Tokens that are no signed text of the service's, whatever they claim. */
const broken: readonly (readonly [string, () => Promise<string>])[] = [
  ['the typ JWT', async () => await sign({}, { typ: 'JWT' })],
  ['alg none', () => Promise.resolve(`${encoded({ ...goodHeader, alg: 'none' })}.${encoded(claims)}.`)],
  ['alg HS256 under the public key', confused],
  ['an unknown kid', async () => await sign({}, { kid: 'A'.repeat(43) })],
  ['the kid of another key', ofActiveKey],
  ['the signature of a stranger', signedByStranger],
  ...[0, 3, 63, 65, 72].map(
    (bytes) =>
      [
        `a signature of ${bytes} bytes`,
        async () => `${await unsigned()}.${Buffer.alloc(bytes, 7).toString('base64url')}`,
      ] as const,
  ),
  ['a changed claim', async () => (await sign()).replace(/\.[^.]+\./, `.${encoded({ ...claims, jti: 'x' })}.`)],
  ['characters outside of base64url', async () => (await sign()).replaceAll(/\../g, '.%')],
  ['a payload that is no JSON', async () => (await sign()).replace(/\.[^.]+\./, '.bm90IGpzb24.')],
  ['a dot at its end', async () => `${await sign()}.`],
  ['four parts', async () => `${await sign()}.e30`],
  ['five parts', async () => `${await sign()}.e30.e30`],
  ['no signature part', unsigned],
];

describe('a token of a published key', () => {
  it('is accepted, whether its key signs now or did so once', async () => {
    expect(await present(await sign())).toMatchObject({ status: 200, body: { id: user.id } });
    expect((await api.as(user).get('/v1/users/me')).status).toBe(200);
  });

  it('may be as far ahead or behind as clocks are', async () => {
    expect((await present(await sign({ exp: now() - 2 }))).status).toBe(200);
    expect((await present(await sign({ iat: now() + 3 }))).status).toBe(200);
    expect((await present(await sign({ nbf: now() + 3 }))).status).toBe(200);
  });

  it('is accepted under any spelling of the scheme (RFC 9110 §11.1)', async () => {
    for (const scheme of ['bearer', 'BEARER']) {
      const reply = await api.get('/v1/users/me', { Authorization: `${scheme} ${await sign()}` });
      expect(reply.status).toBe(200);
    }
  });

  it.each([
    ['another issuer', () => ({ iss: 'https://elsewhere.example' })],
    ['no issuer', () => ({ iss: undefined })],
    ['another audience', () => ({ aud: 'elsewhere' })],
    ['no audience', () => ({ aud: undefined })],
    ['no expiry', () => ({ exp: undefined })],
    ['an expiry in the past', () => ({ exp: now() - 10 })],
    ['no time of issue', () => ({ iat: undefined })],
    ['a time of issue to come', () => ({ iat: now() + 20 })],
    ['a beginning to come', () => ({ nbf: now() + 20 })],
    ['the subject of somebody else', () => ({ sub: other.id })],
    ['no subject', () => ({ sub: undefined })],
    ['a session that nobody has', () => ({ sid: '018f0000-0000-7000-8000-000000000000' })],
    ['a session that is no UUID', () => ({ sid: 'x' })],
    ['a session that is a number', () => ({ sid: 7 })],
    ['no session', () => ({ sid: undefined })],
  ])('is refused with %s', async (_, changes) => {
    expect(await present(await sign(changes()))).toBeProblem('unauthenticated', 401);
  });

  it('is refused when its session is past the absolute end', async () => {
    const { accessToken } = await api.logIn(other);
    expect((await present(accessToken)).status).toBe(200);

    await database.pool.query('UPDATE sessions SET expires_at = now() WHERE user_id = $1', [other.id]);

    expect(await present(accessToken)).toBeProblem('unauthenticated', 401);
  });

  it('is not read from anywhere but the header', async () => {
    const token = await sign();

    expect(await api.get(`/v1/users/me?access_token=${token}`)).toBeProblem('unauthenticated', 401);
    expect(await api.get('/v1/users/me', { Cookie: `access_token=${token}` })).toBeProblem('unauthenticated', 401);
  });
});

describe('a broken token', () => {
  it.each(broken)('is refused with %s', async (_, forge) => {
    expect(await present(await forge())).toBeProblem('unauthenticated', 401);
  });

  it.each(broken)('logs nobody out with %s', async (_, forge) => {
    const reply = await api.post('/v1/auth/logout', undefined, { Authorization: `Bearer ${await forge()}` });

    expect(reply.status).toBe(204);
    expect((await present(await sign())).status).toBe(200);
  });
});
