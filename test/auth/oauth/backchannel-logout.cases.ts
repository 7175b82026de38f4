import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { JWTPayload } from 'jose';
import type { ApiResponse, Tokens } from '../../harness/http/api.ts';
import { bearerOf, codeOf, MfaFlows } from '../../harness/http/mfa-flows.ts';
import { oauthApp } from '../../harness/openid/oauth-app.ts';
import { OpenIdBrowser } from '../../harness/openid/openid-provider.ts';

const { api, database, factory, flows, liar, openId, running, invalidationsDelivered } = await oauthApp();
const mfa = new MfaFlows(running);
const path = '/v1/auth/oauth/liar/backchannel-logout';
const event = 'http://schemas.openid.net/event/backchannel-logout';

/** The statuses of requests with access tokens. */
async function statusesOf(...logins: readonly ApiResponse[]): Promise<number[]> {
  await invalidationsDelivered();
  const replies = logins.map(async ({ body }) => await api.get('/v1/users/me', bearerOf(body as Tokens)));
  return (await Promise.all(replies)).map(({ status }) => status);
}

/** Links a user to an account at the lying provider, and returns the id of the identity. */
async function link(userId: string, subject: string): Promise<string> {
  const identityId = randomUUID();
  await database.pool.query(
    `INSERT INTO identities (id, user_id, provider, issuer, subject) VALUES ($1, $2, 'liar', $3, $4)`,
    [identityId, userId, liar.issuer, subject],
  );
  return identityId;
}

/** A user of the lying provider, with sessions that began with these sessions of the provider. */
async function sessionsOf(subject: string, ...providerSessions: readonly string[]): Promise<ApiResponse[]> {
  const user = await factory.user();
  const identityId = await link(user.id, subject);
  const logins: ApiResponse[] = [];
  for (const sid of providerSessions) {
    const { email, password } = user;
    logins.push(await api.post('/v1/auth/login', { email, password }));
    await database.pool.query(
      `UPDATE sessions SET identity_id = $1, provider_session_id = $2
       WHERE id = (SELECT id FROM sessions WHERE user_id = $3 ORDER BY created_at DESC LIMIT 1)`,
      [identityId, sid, user.id],
    );
  }
  logins.push(await api.post('/v1/auth/login', { email: user.email, password: user.password }));
  return logins;
}

function claimsOf(changes: Readonly<Record<string, unknown>>): JWTPayload {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: liar.issuer,
    aud: 'plinth',
    iat: now,
    exp: now + 120,
    jti: randomUUID(),
    events: { [event]: {} },
    ...changes,
  };
}

async function notify(token: string): Promise<ApiResponse> {
  return await api.post(path, new URLSearchParams({ logout_token: token, other: 'field' }).toString());
}

describe('A logout at the provider', () => {
  it('revokes the sessions that began with that session at the provider', async () => {
    openId.process.send({ logoutUrl: `${api.baseUrl}/v1/auth/oauth/acme/backchannel-logout` });
    const browser = new OpenIdBrowser();
    const [first, second] = [await flows.logIn('leaver', browser), await flows.logIn('leaver')];
    const notified = openId.process.nextMessage<{ logoutStatus: number }>();

    await browser.follow(`${openId.issuer}/session/end`, 'leaver');

    expect(await notified).toEqual({ logoutStatus: 200 });
    expect(await statusesOf(first, second)).toEqual([401, 200]);
  });

  it('revokes a session that was created after the second factor', async () => {
    const user = await mfa.user();
    const browser = new OpenIdBrowser();
    const { body } = await flows.logIn(user.email, browser);
    const login = await mfa.verify((body as { mfaToken: string }).mfaToken, codeOf(user));
    const before = await statusesOf(login);
    const notified = openId.process.nextMessage<{ logoutStatus: number }>();

    await browser.follow(`${openId.issuer}/session/end`, user.email);

    await notified;
    expect([...before, ...(await statusesOf(login))]).toEqual([200, 401]);
  });

  it('invalidates a login that waits for its second factor', async () => {
    const user = await mfa.user();
    const browser = new OpenIdBrowser();
    const { mfaToken } = (await flows.logIn(user.email, browser)).body as { mfaToken: string };
    const other = await mfa.challenge(user);
    const notified = openId.process.nextMessage<{ logoutStatus: number }>();

    await browser.follow(`${openId.issuer}/session/end`, user.email);

    await notified;
    expect(await mfa.verify(mfaToken, codeOf(user))).toBeProblem('invalid-mfa', 401);
    // The first factor of the other login was the password.
    expect((await mfa.verify(other, codeOf(user))).status).toBe(200);
  });
});

describe('POST /v1/auth/oauth/{provider}/backchannel-logout', () => {
  it('revokes the sessions of one session at the provider, or of all of its user', async () => {
    const logins = await sessionsOf('subject of logouts', 'one', 'two', 'three');

    const bySession = await notify(await liar.sign(claimsOf({ sid: 'one' }), { typ: 'logout+jwt' }));
    const afterFirst = await statusesOf(...logins);
    const byBoth = claimsOf({ sub: 'subject of logouts', sid: 'two' });
    await notify(await liar.sign(byBoth, { typ: 'logout+jwt' }));
    const afterSecond = await statusesOf(...logins);
    await notify(await liar.sign(claimsOf({ sub: 'subject of logouts' }), { typ: 'logout+jwt' }));

    expect(bySession).toMatchObject({ status: 200, text: '' });
    expect(bySession.headers['cache-control']).toBe('no-store');
    expect(afterFirst).toEqual([401, 200, 200, 200]);
    expect(afterSecond).toEqual([401, 401, 200, 200]);
    // The last session began with a password.
    expect(await statusesOf(...logins)).toEqual([401, 401, 401, 200]);
  });

  it('invalidates a login that waits for its second factor, of a provider that named no session', async () => {
    const user = await mfa.user();
    const mfaToken = await mfa.challenge(user);
    const identityId = await link(user.id, 'subject without a session');
    await database.pool.query('UPDATE mfa_challenges SET identity_id = $1 WHERE user_id = $2', [identityId, user.id]);

    await notify(await liar.sign(claimsOf({ sub: 'subject without a session' }), { typ: 'logout+jwt' }));

    expect(await mfa.verify(mfaToken, codeOf(user))).toBeProblem('invalid-mfa', 401);
  });

  it('accepts a token once', async () => {
    const token = await liar.sign(claimsOf({ sub: 'unknown' }), { typ: 'logout+jwt' });

    expect((await notify(token)).status).toBe(200);
    expect(await notify(token)).toBeProblem('invalid-logout-token', 400);
  });

  it('accepts a token of a provider whose clock is a little ahead', async () => {
    const iat = Math.floor(Date.now() / 1000) + 15;

    expect((await notify(await liar.sign(claimsOf({ sub: 'unknown', iat }), { typ: 'logout+jwt' }))).status).toBe(200);
  });

  it.each([
    ['an ID token', { typ: undefined, claims: {} }],
    ['of another audience', { claims: { aud: 'another' } }],
    ['of another issuer', { claims: { iss: 'https://accounts.google.com' } }],
    ['with a nonce', { claims: { nonce: 'nonce' } }],
    ['without the event', { claims: { events: { other: {} } } }],
    ['without events', { claims: { events: undefined } }],
    ['without an id', { claims: { jti: undefined } }],
    ['without a time', { claims: { iat: undefined } }],
    ['that is old', { claims: { iat: Math.floor(Date.now() / 1000) - 600 } }],
    ['of the future', { claims: { iat: Math.floor(Date.now() / 1000) + 600 } }],
    ['without subject and session', { claims: { sub: undefined } }],
    ['with a session that is no text', { claims: { sid: 5 } }],
    ['with a session that cannot be stored', { claims: { sid: 'a\u0000b' } }],
    ['with a subject that cannot be stored', { claims: { sub: '\ud800' } }],
    ['with another signature', { claims: {}, withOtherKey: true }],
  ])('refuses a token %s, and revokes nothing', async (_, { claims, ...changes }) => {
    const subject = `subject ${randomUUID()}`;
    const logins = await sessionsOf(subject, 'kept');

    const response = await notify(
      await liar.sign(claimsOf({ sub: subject, ...claims }), { typ: 'logout+jwt', ...changes }),
    );

    expect(response).toBeProblem('invalid-logout-token', 400);
    expect(await statusesOf(...logins)).toEqual([200, 200]);
  });

  it('does not exist for providers without logout tokens, and requires that the provider is available', async () => {
    const body = new URLSearchParams({ logout_token: 'any' }).toString();

    expect(await api.post('/v1/auth/oauth/github/backchannel-logout', body)).toBeProblem('not-found', 404);
    expect(await api.post('/v1/auth/oauth/down/backchannel-logout', body)).toBeProblem('provider-unavailable', 503);
    expect(await api.post(path, 'other=field')).toBeProblem('malformed-json', 400);
  });
});
