import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { ApiResponse, Tokens } from '../../harness/http/api.ts';
import { bearerOf, codeOf, MfaFlows } from '../../harness/http/mfa-flows.ts';
import { oauthApp } from '../../harness/openid/oauth-app.ts';
import { authorizePath, callbackUrl, cookieOf, newVerifier, redirect } from '../../harness/openid/oauth-flows.ts';
import { OpenIdBrowser, publicUrl } from '../../harness/openid/openid-provider.ts';

const { api, database, flows, openId, running, gitHub } = await oauthApp();
const mfa = new MfaFlows(running);

async function count(table: 'users' | 'identities' | 'sessions' | 'oauth_logins'): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`);
  return rows[0]?.count ?? 0;
}

describe('GET /v1/auth/oauth/{provider}/authorize', () => {
  it('redirects to the provider with PKCE, state and nonce, and keeps their secrets in a cookie', async () => {
    const path = authorizePath('acme');

    // The Host header of a request changes nothing.
    const response = await api.get(path, { Host: 'attacker.example' });

    const url = new URL(response.headers['location'] ?? '');
    const { state, nonce, ...parameters } = Object.fromEntries(url.searchParams);
    expect(response.status).toBe(302);
    expect(url.origin).toBe(openId.issuer);
    expect(parameters).toMatchObject({
      client_id: 'plinth',
      redirect_uri: `${publicUrl}/v1/auth/oauth/acme/callback`,
      response_type: 'code',
      scope: 'openid email profile',
      code_challenge_method: 'S256',
    });
    expect(path).not.toContain(parameters['code_challenge']);
    expect(response.headers['set-cookie']).toMatch(/^oauth=[\w-]+; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/);
    expect([state, nonce].filter((secret = '') => secret.length < 40 || cookieOf(response).includes(secret))).toEqual(
      [],
    );
  });

  it.each([
    'https://app.example.com/logged-in',
    `${redirect}&more=1`,
    `${redirect}/`,
    'https://app.example.com.attacker.example/logged-in?from=provider',
    'https://attacker.example/?https://app.example.com/logged-in?from=provider',
    '//attacker.example',
    'HTTPS://app.example.com/logged-in?from=provider',
    'javascript:alert(1)',
  ])('refuses a redirect that is not listed exactly: %s', async (other) => {
    const response = await api.get(authorizePath('acme', { redirect: other }));

    expect(response).toBeProblem('invalid-parameter', 400);
    expect(response.body).toMatchObject({ errors: [{ parameter: 'redirect', code: 'is_in' }] });
    expect(response.headers['set-cookie']).toBeUndefined();
  });

  it('refuses a code challenge that is not one, and an invalid ticket', async () => {
    expect(await api.get(authorizePath('acme', { codeChallenge: 'plain' }))).toBeProblem('invalid-parameter', 400);
    expect(await api.get(authorizePath('acme', { ticket: 'guessed' }))).toBeProblem('invalid-parameter', 400);
  });

  it('does not know other providers', async () => {
    expect(await api.get(authorizePath('other'))).toBeProblem('not-found', 404);
  });

  it('returns 503 for a provider that is down', async () => {
    const down = await api.get(authorizePath('down'));

    expect(down).toBeProblem('provider-unavailable', 503);
    expect(down.headers['retry-after']).toBe('10');
  });
});

describe('GET /v1/auth/oauth/{provider}/callback', () => {
  it('returns to the front end with a code, and ignores the other parameters of the provider', async () => {
    const login = await flows.start('acme');
    const callback = await new OpenIdBrowser().follow(login.url.href, 'callback');
    callback.search += '&session_state=1&scope=openid&authuser=0&prompt=none';

    const response = await flows.callback(callback, login.cookie);

    const location = new URL(response.headers['location'] ?? '');
    expect(response.status).toBe(303);
    expect(location.href.replace(/[\w-]{43}$/, '')).toBe(`${redirect}&code=`);
    expect(response.headers['set-cookie']).toMatch(/^oauth=; Path=\/; Max-Age=0;/);
    expect(await flows.exchange(location.searchParams.get('code') ?? '', login.codeVerifier)).toMatchObject({
      status: 200,
    });
  });

  it('is refused without the cookie, in another browser, with another state, and for another provider', async () => {
    const login = await flows.start('acme');
    const other = await flows.start('acme');
    const callback = await new OpenIdBrowser().follow(login.url.href, 'mallory');
    const before = [await count('users'), await count('oauth_logins')];
    const withState = new URL(callback);
    withState.searchParams.set('state', 'another state');
    const atOther = new URL(callback.href.replace('/acme/', '/liar/'));

    for (const response of [
      await flows.callback(callback),
      await flows.callback(callback, other.cookie),
      await flows.callback(callback, 'oauth=invalid'),
      await flows.callback(withState, login.cookie),
      await flows.callback(atOther, login.cookie),
      await flows.callback(callbackUrl('acme'), login.cookie),
    ])
      expect(response).toBeProblem('invalid-oauth-callback', 400);

    expect([await count('users'), await count('oauth_logins')]).toEqual(before);
    // The attempts of others do not use the login up.
    expect((await flows.callback(callback, login.cookie)).headers['location']).toContain('code=');
  });

  it('is accepted once', async () => {
    const login = await flows.start('acme');
    const callback = await new OpenIdBrowser().follow(login.url.href, 'twice');

    const responses = await Promise.all(
      Array.from({ length: 5 }, async () => await flows.callback(callback, login.cookie)),
    );

    expect(responses.map(({ status }) => status).sort()).toEqual([303, 400, 400, 400, 400]);
    expect(await flows.callback(callback, login.cookie)).toBeProblem('invalid-oauth-callback', 400);
  });

  it('returns to the front end with the reason when the user or the provider refuses', async () => {
    for (const [error, expected] of [
      ['access_denied', 'access_denied'],
      ['server_error', 'login_failed'],
      ['temporarily_unavailable', 'temporarily_unavailable'],
    ] as const) {
      const login = await flows.start('acme');
      const query = { error, state: login.url.searchParams.get('state') ?? '', iss: openId.issuer };

      const response = await flows.callback(callbackUrl('acme', query), login.cookie);

      expect(response.headers['location']).toBe(`${redirect}&error=${expected}`);
    }
  });
});

describe('POST /v1/auth/oauth/exchange', () => {
  async function returned(account: string): Promise<{ code: string; codeVerifier: string }> {
    const login = await flows.start('acme');
    return { code: (await flows.returnFrom(login, account)).get('code') ?? '', codeVerifier: login.codeVerifier };
  }

  it('creates an account and a session from the verified email address, and finds the account again', async () => {
    const response = await flows.logIn('ada');
    const again = await flows.logIn('ada');

    expect(response).toMatchObject({ status: 200 });
    expect(await flows.profileOf(response)).toMatchObject({
      email: 'ada@provider.example',
      emailVerified: true,
      displayName: 'Account of ada',
      roles: ['user'],
    });
    expect(decodeJwt((response.body as Tokens).accessToken)).toMatchObject({
      amr: ['oauth'],
      acr: 'aal1',
      auth_time: 0,
    });
    expect(await flows.profileOf(again)).toEqual(await flows.profileOf(response));
    const sessions = await api.get('/v1/auth/sessions', bearerOf(again.body as Tokens));
    expect(sessions.body).toMatchObject({ data: [{ amr: ['oauth'], current: true }, { amr: ['oauth'] }] });
  });

  it('delivers the refresh token in a cookie in cookie mode', async () => {
    const { code, codeVerifier } = await returned('cookie');

    const { body, headers } = await flows.exchange(code, codeVerifier, { 'X-Token-Delivery': 'cookie' });

    expect(Object.keys(body as object).sort()).toEqual(
      ['accessToken', 'csrfToken', 'expiresIn', 'refreshExpiresIn', 'tokenType'].sort(),
    );
    expect(headers['set-cookie']).toMatch(/^rt=rt_[\w-]{43};/);
  });

  it('accepts a code once, and only with its verifier', async () => {
    const { code, codeVerifier } = await returned('once');

    expect(await flows.exchange(code, newVerifier().codeVerifier)).toBeProblem('invalid-oauth-code', 400);
    expect(await flows.exchange('guessed', codeVerifier)).toBeProblem('invalid-oauth-code', 400);
    expect(await flows.exchange(code, codeVerifier)).toMatchObject({ status: 200 });
    expect(await flows.exchange(code, codeVerifier)).toBeProblem('invalid-oauth-code', 400);
  });

  it('refuses a code after a minute', async () => {
    const { code, codeVerifier } = await returned('late');
    await database.pool.query(`UPDATE oauth_logins SET code_expires_at = now() WHERE code_hash IS NOT NULL`);

    expect(await flows.exchange(code, codeVerifier)).toBeProblem('invalid-oauth-code', 400);
  });

  it('creates one session for 50 parallel presentations', async () => {
    const { code, codeVerifier } = await returned('parallel');
    const before = await count('sessions');

    const responses = await Promise.all(
      Array.from({ length: 50 }, async () => await flows.exchange(code, codeVerifier)),
    );

    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(responses.filter(({ status }) => status === 400)).toHaveLength(49);
    expect(await count('sessions')).toBe(before + 1);
  });

  it('creates one account for parallel first logins', async () => {
    const codes = await Promise.all(Array.from({ length: 4 }, async () => await returned('first')));

    const responses = await Promise.all(
      codes.map(async ({ code, codeVerifier }) => await flows.exchange(code, codeVerifier)),
    );

    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const { rows } = await database.pool.query(`SELECT FROM users WHERE email = 'first@provider.example'`);
    expect(rows).toHaveLength(1);
  });

  it('requires the second factor of the account', async () => {
    const user = await mfa.user();

    const { body } = await flows.logIn(user.email);
    const verified = await mfa.verify((body as { mfaToken: string }).mfaToken, codeOf(user));

    expect(body).toMatchObject({ status: 'mfa_required' });
    expect(decodeJwt((verified.body as Tokens).accessToken)).toMatchObject({
      sub: user.id,
      amr: ['oauth', 'otp', 'mfa'],
      acr: 'aal2',
    });
  });

  it('does not satisfy a step-up when the provider states no time of authentication', async () => {
    const { body } = await flows.logIn('untimed');

    expect(await api.post('/v1/auth/mfa/totp', {}, bearerOf(body as Tokens))).toBeProblem(
      'reauthentication-required',
      401,
    );
  });
});

describe('A login with GitHub', () => {
  async function logIn(
    code: string,
    parameters: Readonly<Record<string, string>> = { iss: `${gitHub.url}/login/oauth` },
  ): Promise<{ location: URL; exchanged: ApiResponse }> {
    const { url, cookie, codeVerifier } = await flows.start('github');
    const query = { code, state: url.searchParams.get('state') ?? '', ...parameters };
    const { headers } = await flows.callback(callbackUrl('github', query), cookie);
    const location = new URL(headers['location'] ?? '');
    return { location, exchanged: await flows.exchange(location.searchParams.get('code') ?? '-', codeVerifier) };
  }

  it('uses the id of the user, and the verified primary email address', async () => {
    gitHub.user = { id: 583_231, login: 'octo', name: 'Octo' };
    gitHub.emails = [
      { email: 'old@github.example', primary: false, verified: true },
      { email: 'octo@github.example', primary: true, verified: true },
    ];

    const first = await logIn('good');
    gitHub.user = { id: 583_231, login: 'renamed', name: null };
    gitHub.emails = [{ email: 'new@github.example', primary: true, verified: false }];
    const second = await logIn('good');

    expect(await flows.profileOf(first.exchanged)).toMatchObject({ email: 'octo@github.example', displayName: 'Octo' });
    expect(await flows.profileOf(second.exchanged)).toMatchObject({ email: 'octo@github.example' });
  });

  it('accepts a callback without an issuer, as of older servers, but not that of another provider', async () => {
    gitHub.user = { id: 2, login: 'issued' };
    gitHub.emails = [{ email: 'issued@github.example', primary: true, verified: true }];

    expect((await logIn('good', {})).exchanged).toMatchObject({ status: 200 });
    for (const iss of [gitHub.url, openId.issuer])
      expect((await logIn('good', { iss })).location.searchParams.get('error')).toBe('login_failed');
  });

  it('creates no account without a verified primary email address', async () => {
    gitHub.user = { id: 1, login: 'other' };
    gitHub.emails = [{ email: 'other@github.example', primary: true, verified: false }];

    expect((await logIn('good')).exchanged).toBeProblem('identity-not-linked', 403);
  });

  it('fails with an invalid code, and without a user id', async () => {
    expect((await logIn('bad')).location.searchParams.get('error')).toBe('login_failed');
    gitHub.user = { login: 'nameless' };
    expect((await logIn('good')).location.searchParams.get('error')).toBe('login_failed');
  });

  it.each([429, 503])('returns to the front end when GitHub is unavailable: %d', async (status) => {
    gitHub.status = status;
    const { location } = await logIn('good');
    gitHub.status = 200;

    expect(location.searchParams.get('error')).toBe('temporarily_unavailable');
  });
});
