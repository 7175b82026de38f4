import { beforeAll, describe, expect, it } from '@jest/globals';
import { createHmac, createPrivateKey, createPublicKey, sign as signBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { JWTPayload } from 'jose';
import { calculateJwkThumbprint, decodeJwt, exportJWK, exportPKCS8, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import type { ApiResponse } from '../../harness/http/api.ts';
import { withCanonicalSignature } from '../../../src/platform/crypto/canonical-signature.ts';
import { sharedApp } from '../../harness/app/app.ts';
import { sendRaw } from '../../harness/http/raw-http.ts';
import type { FactoryUser } from '../../harness/database/factory.ts';

const { api, factory, database, invalidationsDelivered } = await sharedApp();

const pair = await generateKeyPair('ES256', { extractable: true });
const jwk = await exportJWK(pair.publicKey);
const kid = await calculateJwkThumbprint(jwk);
const foreignPair = await generateKeyPair('ES256');
const goodHeader = { alg: 'ES256', typ: 'at+jwt', kid };

let user: FactoryUser;
let other: FactoryUser;
/** The claims of a token of the service, issued to `user`. */
let claims: JWTPayload;

beforeAll(async () => {
  // The test knows the private key: the service verifies with every public key in the table.
  await database.pool.query(
    `INSERT INTO signing_keys (kid, state, public_jwk, encrypted_private_key) VALUES ($1, 'retired', $2, $3)`,
    [kid, JSON.stringify({ ...jwk, kid, alg: 'ES256', use: 'sig' }), Buffer.from('never decrypted')],
  );
  user = await factory.user();
  other = await factory.user();
  claims = decodeJwt((await api.logIn(user)).accessToken);
});

const now = (): number => Math.floor(Date.now() / 1000);
const encoded = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');

async function sign(changes: Readonly<Record<string, unknown>> = {}, header: object = {}): Promise<string> {
  const signer = new SignJWT({ ...claims, ...changes }).setProtectedHeader({ ...goodHeader, ...header });
  return withCanonicalSignature(await signer.sign(pair.privateKey));
}

async function unsigned(): Promise<string> {
  return (await sign()).split('.').slice(0, 2).join('.');
}

/** Signed with HMAC and the public key as secret (algorithm confusion). */
async function withAlgorithmConfusion(form: 'pem' | 'der' | 'jwk'): Promise<string> {
  const input = `${encoded({ ...goodHeader, alg: 'HS256' })}.${encoded(claims)}`;
  const pem = await exportSPKI(pair.publicKey);
  const der = createPublicKey(pem).export({ type: 'spki', format: 'der' });
  const secret = { pem, der, jwk: JSON.stringify({ ...jwk, kid, alg: 'ES256', use: 'sig' }) }[form];
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

/** Signs the claims with any header; jose would reject some of them. */
async function signText(header: object, dsaEncoding: 'der' | 'ieee-p1363' = 'ieee-p1363'): Promise<string> {
  const input = `${encoded(header)}.${encoded(claims)}`;
  const key = createPrivateKey(await exportPKCS8(pair.privateKey));
  const token = `${input}.${signBytes('sha256', Buffer.from(input), { key, dsaEncoding }).toString('base64url')}`;
  return dsaEncoding === 'der' ? token : withCanonicalSignature(token);
}

function withHeader(token: string, header: object): string {
  return `${encoded(header)}.${token.split('.').slice(1).join('.')}`;
}

/** Replaces (r, s) by (r, n − s), which ECDSA accepts as well (signature malleability). */
function malleated(token: string): string {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const [header, payload, signature = ''] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  const s = order - BigInt(`0x${bytes.toString('hex', 32)}`);
  const other = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
  return [header, payload, other.toString('base64url')].join('.');
}

/** Changes the four bits of the last character that base64url decoders ignore. */
function withTrailingBits(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return token.slice(0, -1) + (alphabet[alphabet.indexOf(token.slice(-1)) + 1] ?? '');
}

async function signedByForeignKey(): Promise<string> {
  return await new SignJWT(claims).setProtectedHeader(goodHeader).sign(foreignPair.privateKey);
}

async function ofActiveKey(): Promise<string> {
  const { rows } = await database.pool.query<{ kid: string }>(`SELECT kid FROM signing_keys WHERE state = 'active'`);
  return await sign({}, { kid: rows[0]?.kid });
}

async function present(token: string): Promise<ApiResponse> {
  return await api.get('/v1/users/me', { Authorization: `Bearer ${token}` });
}

/** Tokens that the service did not sign. */
const invalid: readonly (readonly [string, () => Promise<string>])[] = [
  ['the typ JWT', async () => await sign({}, { typ: 'JWT' })],
  ...['none', 'None', 'NONE', 'nOnE'].flatMap((alg) => [
    [`alg ${alg}`, () => Promise.resolve(`${encoded({ ...goodHeader, alg })}.${encoded(claims)}.`)] as const,
    [`alg ${alg} and a signature`, async () => withHeader(await sign(), { ...goodHeader, alg })] as const,
  ]),
  ...(['pem', 'der', 'jwk'] as const).map(
    (form) => [`alg HS256 under the public key as ${form}`, async () => await withAlgorithmConfusion(form)] as const,
  ),
  ...[7, null, true, ['x'], { x: 1 }, '', undefined].map(
    (wrong) =>
      [
        `the kid ${JSON.stringify(wrong)}`,
        async () => withHeader(await sign(), { ...goodHeader, kid: wrong }),
      ] as const,
  ),
  ...Object.entries({
    jwk,
    jku: 'http://127.0.0.1:9/keys',
    x5u: 'http://127.0.0.1:9/certificate',
    x5c: ['AAAA'],
    crit: ['exp'],
    b64: false,
  }).map(
    ([member, value]) =>
      [
        `a good signature over a header with ${member}`,
        async () => await signText({ ...goodHeader, [member]: value }),
      ] as const,
  ),
  ['a malleated signature', async () => malleated(await sign())],
  ['trailing bits in the signature', async () => withTrailingBits(await sign())],
  ['a signature in DER', async () => await signText(goodHeader, 'der')],
  ['an unknown kid', async () => await sign({}, { kid: 'A'.repeat(43) })],
  ['the kid of another key', ofActiveKey],
  ['the signature of a foreign key', signedByForeignKey],
  ...[0, 3, 63, 65, 72].map(
    (bytes) =>
      [
        `a signature of ${bytes} bytes`,
        async () => `${await unsigned()}.${Buffer.alloc(bytes, 7).toString('base64url')}`,
      ] as const,
  ),
  ['a changed claim', async () => (await sign()).replace(/\.[^.]+\./, `.${encoded({ ...claims, jti: 'x' })}.`)],
  ['characters outside of base64url', async () => (await sign()).replaceAll(/\../g, '.%')],
  ['a payload that is not JSON', async () => (await sign()).replace(/\.[^.]+\./, '.bm90IGpzb24.')],
  ['a dot at its end', async () => `${await sign()}.`],
  ['four parts', async () => `${await sign()}.e30`],
  ['five parts', async () => `${await sign()}.e30.e30`],
  ['no signature part', unsigned],
];

describe('a token of a published key', () => {
  it('is accepted with the active key and with a retired key', async () => {
    expect(await present(await sign())).toMatchObject({ status: 200, body: { id: user.id } });
    expect((await api.as(user).get('/v1/users/me')).status).toBe(200);
  });

  it('is accepted within the clock tolerance', async () => {
    expect((await present(await sign({ exp: now() - 2 }))).status).toBe(200);
    expect((await present(await sign({ iat: now() + 3 }))).status).toBe(200);
    expect((await present(await sign({ nbf: now() + 3 }))).status).toBe(200);
  });

  it('is accepted with any capitalization of the scheme (RFC 9110 §11.1)', async () => {
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
    ['no iat', () => ({ iat: undefined })],
    ['an iat in the future', () => ({ iat: now() + 20 })],
    ['an nbf in the future', () => ({ nbf: now() + 20 })],
    ['the subject of another user', () => ({ sub: other.id })],
    ['no subject', () => ({ sub: undefined })],
    ['an unknown session', () => ({ sid: '018f0000-0000-7000-8000-000000000000' })],
    ['a session that is not a UUID', () => ({ sid: 'x' })],
    ['a session that is a number', () => ({ sid: 7 })],
    ['no session', () => ({ sid: undefined })],
  ])('is rejected with %s', async (_, changes) => {
    expect(await present(await sign(changes()))).toBeProblem('unauthenticated', 401);
  });

  it('is rejected after the absolute timeout of its session', async () => {
    const { accessToken } = await api.logIn(other);
    expect((await present(accessToken)).status).toBe(200);

    await database.pool.query('UPDATE sessions SET expires_at = now() WHERE user_id = $1', [other.id]);
    await invalidationsDelivered();

    expect(await present(accessToken)).toBeProblem('unauthenticated', 401);
  });

  it('is read only from the Authorization header', async () => {
    const token = await sign();

    expect(await api.get(`/v1/users/me?access_token=${token}`)).toBeProblem('unauthenticated', 401);
    expect(await api.get('/v1/users/me', { Cookie: `access_token=${token}` })).toBeProblem('unauthenticated', 401);
  });
});

describe('an invalid token', () => {
  it.each(invalid)('is rejected with %s', async (_, forge) => {
    expect(await present(await forge())).toBeProblem('unauthenticated', 401);
  });

  it('is rejected unread with 100 KB of claims', async () => {
    expect(await present(await sign({ filler: 'x'.repeat(100_000) }))).toBeProblem(
      'request-header-fields-too-large',
      431,
    );
  });

  it('does not make the service fetch the key URL in its header', async () => {
    const visitors: unknown[] = [];
    const server = createServer((socket) => visitors.push(socket.end())).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const elsewhere = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;

    for (const member of ['jku', 'x5u'] as const) {
      const reply = await present(await signText({ ...goodHeader, [member]: elsewhere }));
      expect(reply).toBeProblem('unauthenticated', 401);
    }

    await fetch(elsewhere).catch(() => undefined);
    expect(visitors).toHaveLength(1);
    server.close();
  });

  it('is rejected beside a valid one, in either order', async () => {
    const good = `Authorization: Bearer ${await sign()}\r\n`;
    const bad = `Authorization: Bearer ${await signedByForeignKey()}\r\n`;
    for (const headers of [good + bad, bad + good, good + good]) {
      const reply = await sendRaw(
        api.baseUrl,
        `GET /v1/users/me HTTP/1.1\r\nHost: x\r\n${headers}Connection: close\r\n\r\n`,
      );
      expect(reply).toBeProblem('bad-request', 400);
    }
  });

  it.each(invalid)('revokes no session with %s', async (_, forge) => {
    const reply = await api.post('/v1/auth/logout', undefined, { Authorization: `Bearer ${await forge()}` });

    expect(reply.status).toBe(204);
    expect((await present(await sign())).status).toBe(200);
  });
});
