import { beforeAll, describe, expect, it } from '@jest/globals';
import type { JWTPayload } from 'jose';
import { decodeJwt } from 'jose';
import type { ApiResponse, Tokens } from '../../harness/http/api.ts';
import { bearerOf } from '../../harness/http/mfa-flows.ts';
import { oauthApp } from '../../harness/openid/oauth-app.ts';
import { authorizePath, callbackUrl, newVerifier, redirect } from '../../harness/openid/oauth-flows.ts';

const { api, database, factory, flows, liar } = await oauthApp();

/** Differences from a true response of the provider. */
interface Lie {
  readonly provider?: string;
  readonly claims?: JWTPayload;
  readonly withOtherKey?: boolean;
  /** Instead of the signed token. */
  readonly idToken?: string | null;
  readonly userInfo?: Readonly<Record<string, unknown>>;
  /** Parameters of the callback; null removes one. */
  readonly callback?: Readonly<Record<string, string | null>>;
  readonly response?: typeof liar.response;
  /** The path that starts the login. */
  readonly start?: string;
}

const seconds = (): number => Math.floor(Date.now() / 1000);
let subjects = 0;
const newSubject = (): string => `subject-${(subjects += 1)}`;

/** Logs in with what the provider states. Returns the parameters of the redirect, and the verifier of the client. */
async function returnFrom(
  subject: string,
  lie: Lie,
  verifier = newVerifier(),
): Promise<{ query: URLSearchParams; codeVerifier: string }> {
  const { provider = 'liar', claims, withOtherKey = false } = lie;
  const { url, cookie, codeVerifier } = await flows.start(provider, lie.start, verifier);
  const idToken = await liar.sign(
    {
      iss: liar.issuer,
      aud: 'plinth',
      sub: subject,
      nonce: url.searchParams.get('nonce') ?? '',
      iat: seconds(),
      exp: seconds() + 300,
      ...claims,
    },
    { withOtherKey },
  );
  const tokens = { access_token: 'canary-provider-access-token', token_type: 'Bearer', expires_in: 300 };
  const body = lie.idToken === null ? tokens : { ...tokens, id_token: lie.idToken ?? idToken };
  liar.response = lie.response ?? { status: 200, body };
  liar.userInfo = { sub: subject, email: `${subject}@liar.example`, email_verified: true, ...lie.userInfo };
  const state = url.searchParams.get('state');
  const callback: Lie['callback'] = { code: 'any', state, iss: liar.issuer, ...lie.callback };
  const sent = Object.entries(callback).filter((entry): entry is [string, string] => entry[1] !== null);
  const { headers } = await flows.callback(callbackUrl(provider, Object.fromEntries(sent)), cookie);
  return { query: new URL(headers['location'] ?? '').searchParams, codeVerifier };
}

async function logIn(subject: string, lie: Lie = {}): Promise<ApiResponse> {
  const { query, codeVerifier } = await returnFrom(subject, lie);
  return await flows.exchange(query.get('code') ?? '-', codeVerifier);
}

async function stored(): Promise<unknown> {
  const { rows } = await database.pool.query(
    `SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM identities) AS identities,
       (SELECT count(*) FROM sessions) AS sessions,
       (SELECT count(*) FROM oauth_logins WHERE code_hash IS NOT NULL) AS codes`,
  );
  return rows[0];
}

describe('A provider', () => {
  it('is believed when everything in its response is right', async () => {
    const subject = newSubject();

    expect(await flows.profileOf(await logIn(subject))).toMatchObject({ email: `${subject}@liar.example` });
  });

  const lies: readonly (readonly [string, Lie])[] = [
    ['the issuer of another provider', { claims: { iss: 'https://accounts.google.com' } }],
    ['another nonce', { claims: { nonce: 'another nonce' } }],
    ['no nonce', { claims: { nonce: undefined } }],
    ['the audience of another client', { claims: { aud: 'another' } }],
    ['several audiences without an authorized party', { claims: { aud: ['plinth', 'another'] } }],
    ['another authorized party', { claims: { azp: 'another' } }],
    ['an expired ID token', { claims: { iat: seconds() - 7200, exp: seconds() - 3600 } }],
    ['no expiry', { claims: { exp: undefined } as unknown as JWTPayload }],
    ['no subject', { claims: { sub: undefined } as unknown as JWTPayload }],
    ['a subject that is too long', { claims: { sub: 's'.repeat(256) }, userInfo: { sub: 's'.repeat(256) } }],
    ['a subject that is no Unicode text', { claims: { sub: '\ud800' }, userInfo: { sub: '\ud800' } }],
    ['a signature of another key', { withOtherKey: true }],
    ['an ID token without a signature', { idToken: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.' }],
    ['no ID token', { idToken: null }],
    ['the user info of another subject', { userInfo: { sub: 'another' } }],
    ['the response of another provider', { callback: { iss: 'https://accounts.google.com' } }],
    ['a response without its issuer', { callback: { iss: null } }],
    ['a response without a code', { callback: { code: null } }],
    ['a code that it rejects', { response: { status: 400, body: { error: 'invalid_grant' } } }],
  ];

  it.each(lies)('is not believed when it sends %s', async (_, lie) => {
    const before = await stored();

    const { query } = await returnFrom(newSubject(), lie);

    expect(query.get('error')).toBe('login_failed');
    expect(query.has('code')).toBe(false);
    expect(await stored()).toEqual(before);
  });

  it('that responds with an error of its server is unavailable', async () => {
    const { query } = await returnFrom(newSubject(), { response: { status: 503, body: {} } });

    expect(query.get('error')).toBe('temporarily_unavailable');
  });

  it('is not believed when its response is longer than 1 MiB', async () => {
    const body = { access_token: 'a', token_type: 'Bearer', padding: 'x'.repeat(1_048_576) };

    const ofTokens = await returnFrom(newSubject(), { response: { status: 200, body } });
    const ofUser = await returnFrom(newSubject(), { userInfo: { padding: body.padding } });

    expect([ofTokens, ofUser].map(({ query }) => query.get('error'))).toEqual(['login_failed', 'login_failed']);
  });

  it('that responds with a redirect, which is not followed, is unavailable', async () => {
    const location = `${liar.issuer}/elsewhere`;

    const { query } = await returnFrom(newSubject(), { response: { status: 307, body: {}, location } });

    expect(query.get('error')).toBe('temporarily_unavailable');
    expect(liar.requests).toContain('/token');
    expect(liar.requests).not.toContain('/elsewhere');
  });

  it('that publishes the metadata of another issuer is unavailable', async () => {
    expect(await api.get(authorizePath('impostor'))).toBeProblem('provider-unavailable', 503);
  });

  it.each(['true', 1, null, undefined])('does not verify an email address by email_verified %j', async (verified) => {
    const user = await factory.user();

    const response = await logIn(newSubject(), { userInfo: { email: user.email, email_verified: verified } });

    expect(response).toBeProblem('identity-not-linked', 403);
  });

  it('does not verify the email address of the user info in the ID token', async () => {
    const user = await factory.user();
    const claims = { email: 'other@liar.example', email_verified: true };

    const response = await logIn(newSubject(), { claims, userInfo: { email: user.email, email_verified: undefined } });

    expect(response).toBeProblem('identity-not-linked', 403);
  });

  it('that is not trusted with email addresses is linked to no account and creates none', async () => {
    const user = await factory.user();

    for (const email of [user.email, 'unknown@liar.example'])
      expect(await logIn(newSubject(), { provider: 'untrusted', userInfo: { email } })).toBeProblem(
        'identity-not-linked',
        403,
      );
  });

  it('states names and email addresses that an account cannot have, which are left out', async () => {
    const subject = newSubject();

    const response = await logIn(subject, { userInfo: { name: 'N'.repeat(81) } });
    const invalid = await logIn(newSubject(), { userInfo: { email: 'not an email address' } });

    expect(await flows.profileOf(response)).toMatchObject({ displayName: null });
    expect(invalid).toBeProblem('identity-not-linked', 403);
  });

  it('is the authority of its subjects: another email address of a subject changes no account', async () => {
    const subject = newSubject();
    const first = await flows.profileOf(await logIn(subject));
    const user = await factory.user();

    const again = await flows.profileOf(await logIn(subject, { userInfo: { email: user.email } }));

    expect(again).toEqual(first);
  });

  it.each([seconds() + 3600, 1e13, 1e300])('cannot state a time of authentication in the future: %d', async (time) => {
    const { body } = await logIn(newSubject(), { claims: { auth_time: time } });

    expect(Number(decodeJwt((body as Tokens).accessToken)['auth_time'])).toBeLessThanOrEqual(seconds());
  });

  it('states the time of authentication', async () => {
    const past = await logIn(newSubject(), { claims: { auth_time: seconds() - 3600 } });

    expect(Number(decodeJwt((past.body as Tokens).accessToken)['auth_time'])).toBeLessThan(seconds() - 3500);
  });
});

describe('A step-up at a provider', () => {
  it.each([
    ['without a time of authentication', {}],
    ['that was before the step-up', { auth_time: seconds() - 600 }],
  ])('is refused %s', async (_, claims) => {
    const subject = newSubject();
    const { body } = await logIn(subject);
    const tokens = body as Tokens;
    const verifier = newVerifier();
    const { codeChallenge } = verifier;
    const started = await api.post('/v1/auth/reauthenticate/oauth/liar', { redirect, codeChallenge }, bearerOf(tokens));
    const { pathname, search } = new URL((started.body as { url: string }).url);

    const { query, codeVerifier } = await returnFrom(subject, { start: pathname + search, claims }, verifier);
    const code = { code: query.get('code') ?? '', codeVerifier };
    const response = await api.post('/v1/auth/reauthenticate/oauth', code, bearerOf(tokens));

    expect(response).toBeProblem('provider-authentication-not-recent', 403);
    expect(await api.post('/v1/auth/mfa/totp', {}, bearerOf(tokens))).toBeProblem('reauthentication-required', 401);
  });
});

describe('What a provider sends', () => {
  let text = '';

  beforeAll(async () => {
    await logIn(newSubject());
    const tables = ['oauth_logins', 'identities', 'sessions', 'audit_events', 'users'];
    const { rows } = await database.pool.query(
      `SELECT ${tables.map((table) => `(SELECT json_agg(t) FROM ${table} t)::text AS ${table}`).join(', ')}`,
    );
    text = JSON.stringify(rows);
  });

  it('is not stored: neither its tokens nor, after the exchange, what it stated', () => {
    expect(text).not.toContain('canary-provider-access-token');
    expect(text).toContain('@liar.example');
  });
});
