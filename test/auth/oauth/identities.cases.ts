import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { Tokens } from '../../harness/http/api.ts';
import { bearerOf } from '../../harness/http/mfa-flows.ts';
import { Mailbox } from '../../harness/mail/mailbox.ts';
import { oauthApp } from '../../harness/openid/oauth-app.ts';
import { newVerifier, redirect } from '../../harness/openid/oauth-flows.ts';
import { OpenIdBrowser, publicUrl } from '../../harness/openid/openid-provider.ts';

const { api, database, factory, flows } = await oauthApp();
const mailbox = new Mailbox(api);
const linkPath = '/v1/auth/identities/acme/link';
const stepUpPath = '/v1/auth/reauthenticate/oauth/acme';

interface Listed {
  readonly id: string;
  readonly provider: string;
  readonly email: string | null;
}

async function identitiesOf(tokens: Tokens): Promise<Listed[]> {
  const { body } = await api.get('/v1/auth/identities', bearerOf(tokens));
  return (body as { data: Listed[] }).data;
}

/** Makes the authentication of all sessions of a user an hour old. */
async function age(userId: string): Promise<void> {
  await database.pool.query(`UPDATE sessions SET auth_time = now() - interval '1 hour' WHERE user_id = $1`, [userId]);
}

/** A user without a password, who has logged in with the provider. */
async function providerUser(account: string, browser = new OpenIdBrowser()): Promise<{ id: string; tokens: Tokens }> {
  const { body } = await flows.logIn(account, browser);
  const tokens = body as Tokens;
  return { id: String(decodeJwt(tokens.accessToken).sub), tokens };
}

describe('Linking an account at a provider', () => {
  it('is completed in the session that started it, whatever email address the provider states', async () => {
    const user = await factory.user();
    const tokens = await api.logIn(user);
    const code = await flows.codeFor(linkPath, tokens, 'unverified.linked');

    const response = await api.post('/v1/auth/identities', code, bearerOf(tokens));

    expect(response.status).toBe(201);
    expect(response.body).toMatchObject({ provider: 'acme', lastUsedAt: null });
    expect(await identitiesOf(tokens)).toEqual([response.body]);
    expect(await mailbox.subjectsTo(user.email)).toEqual(['A way to log in was added to your account']);
    const { body } = await flows.logIn('unverified.linked');
    expect(decodeJwt((body as Tokens).accessToken).sub).toBe(user.id);
    expect(await api.post('/v1/auth/identities', code, bearerOf(tokens))).toBeProblem('invalid-oauth-code', 400);
  });

  it('requires a recent authentication, a listed redirect or the console, and a configured provider', async () => {
    const user = await factory.user();
    const tokens = await api.logIn(user);
    const { codeChallenge } = newVerifier();
    const post = async (path: string, target = redirect): ReturnType<typeof api.post> =>
      await api.post(path, { redirect: target, codeChallenge }, bearerOf(tokens));

    expect(await post(linkPath, 'https://attacker.example')).toBeProblem('validation-failed', 422);
    expect((await post(linkPath, `${publicUrl}/admin/`)).status).toBe(200);
    expect(await post('/v1/auth/identities/other/link')).toBeProblem('not-found', 404);
    await age(user.id);
    const refreshed = await api.post('/v1/auth/refresh', { refreshToken: tokens.refreshToken });
    const response = await api.post(linkPath, { redirect, codeChallenge }, bearerOf(refreshed.body as Tokens));
    expect(response).toBeProblem('reauthentication-required', 401);
  });

  it('cannot be completed in another session, nor exchanged for one', async () => {
    const user = await factory.user();
    const tokens = await api.logIn(user);
    const other = await api.logIn(user);
    const code = await flows.codeFor(linkPath, tokens, 'unverified.bound');

    expect(await api.post('/v1/auth/identities', code, bearerOf(other))).toBeProblem('invalid-oauth-code', 400);
    expect(await flows.exchange(code.code, code.codeVerifier)).toBeProblem('invalid-oauth-code', 400);
    expect(await api.post('/v1/auth/reauthenticate/oauth', code, bearerOf(tokens))).toBeProblem(
      'invalid-oauth-code',
      400,
    );
    expect(await identitiesOf(tokens)).toEqual([]);
  });

  it('cannot be completed with a login that a browser did without the session', async () => {
    const tokens = await api.logIn(await factory.user());
    const login = await flows.start('acme');
    const code = (await flows.returnFrom(login, 'unverified.free')).get('code') ?? '';

    const response = await api.post(
      '/v1/auth/identities',
      { code, codeVerifier: login.codeVerifier },
      bearerOf(tokens),
    );

    expect(response).toBeProblem('invalid-oauth-code', 400);
  });

  it('refuses the account of another user', async () => {
    await providerUser('taken');
    const tokens = await api.logIn(await factory.user());
    const code = await flows.codeFor(linkPath, tokens, 'taken');

    expect(await api.post('/v1/auth/identities', code, bearerOf(tokens))).toBeProblem('identity-in-use', 409);
    expect(await identitiesOf(tokens)).toEqual([]);
  });

  it('accepts a ticket only with the parameters that it was issued for', async () => {
    const tokens = await api.logIn(await factory.user());
    const { codeChallenge } = newVerifier();
    const { body } = await api.post(linkPath, { redirect, codeChallenge }, bearerOf(tokens));
    const { pathname, searchParams } = new URL((body as { url: string }).url);
    const changed = (name: string, value: string): string => {
      const parameters = new URLSearchParams(searchParams);
      parameters.set(name, value);
      return `?${parameters.toString()}`;
    };

    for (const target of [
      pathname + changed('codeChallenge', newVerifier().codeChallenge),
      pathname + changed('redirect', 'https://app.example.com/other'),
      `/v1/auth/oauth/liar/authorize?${searchParams.toString()}`,
    ])
      expect(await api.get(target)).toBeProblem('invalid-parameter', 400);
  });
});

describe('DELETE /v1/auth/identities/{id}', () => {
  it('unlinks the account, revokes the other sessions, and notifies the user', async () => {
    const user = await factory.user();
    await flows.logIn(user.email);
    const tokens = await api.logIn(user);
    const other = await api.logIn(user);
    const [identity] = await identitiesOf(tokens);

    const response = await api.delete(`/v1/auth/identities/${identity?.id ?? ''}`, bearerOf(tokens));

    expect(response.status).toBe(204);
    expect(await identitiesOf(tokens)).toEqual([]);
    expect((await api.get('/v1/users/me', bearerOf(other))).status).toBe(401);
    expect(await mailbox.subjectsTo(user.email)).toContain('A way to log in was removed from your account');
    expect(await factory.auditEvents({ subjectId: user.id, event: 'identity_unlinked' })).toHaveLength(1);
  });

  it('refuses the last way to log in, and the identity of another user', async () => {
    const browser = new OpenIdBrowser();
    const { tokens } = await providerUser('only', browser);
    const code = await flows.codeFor(stepUpPath, tokens, 'only', browser);
    const { body } = await api.post('/v1/auth/reauthenticate/oauth', code, bearerOf(tokens));
    const confirmed = { ...tokens, ...(body as Tokens) };
    const [identity] = await identitiesOf(confirmed);
    const other = await api.logIn(await factory.user());

    const path = `/v1/auth/identities/${identity?.id ?? ''}`;
    expect(await api.delete(path, bearerOf(confirmed))).toBeProblem('last-login-method', 409);
    expect(await api.delete(path, bearerOf(other))).toBeProblem('not-found', 404);
    expect(await identitiesOf(confirmed)).toEqual([identity]);
  });

  it('leaves one of the last two ways to log in when both are deleted at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const user = await factory.user();
      const tokens = await api.logIn(user);
      await database.pool.query('UPDATE users SET password_hash = NULL WHERE id = $1', [user.id]);
      await database.pool.query(
        `INSERT INTO identities (id, user_id, provider, issuer, subject)
         SELECT gen_random_uuid(), $1, 'acme', 'https://other.example', gen_random_uuid() FROM generate_series(1, 2)`,
        [user.id],
      );
      const both = await identitiesOf(tokens);

      const deleted = both.map(async ({ id }) => await api.delete(`/v1/auth/identities/${id}`, bearerOf(tokens)));
      const statuses = (await Promise.all(deleted)).map(({ status }) => status);

      expect(statuses.sort((one, other) => one - other)).toEqual([204, 409]);
      expect(await identitiesOf(tokens)).toHaveLength(1);
    }
  });
});

describe('A step-up at a provider', () => {
  it('makes the user authenticate again, and takes the time from the ID token', async () => {
    const browser = new OpenIdBrowser();
    const { id, tokens } = await providerUser('stepper', browser);
    const verifier = newVerifier();
    const { body } = await api.post(stepUpPath, { redirect, codeChallenge: verifier.codeChallenge }, bearerOf(tokens));
    const { pathname, search } = new URL((body as { url: string }).url);
    const login = await flows.start('acme', pathname + search, verifier);
    const code = (await flows.returnFrom(login, 'stepper', browser)).get('code') ?? '';

    const response = await api.post(
      '/v1/auth/reauthenticate/oauth',
      { code, codeVerifier: verifier.codeVerifier },
      bearerOf(tokens),
    );

    expect(Object.fromEntries(login.url.searchParams)).toMatchObject({ prompt: 'login', max_age: '0' });
    const before = decodeJwt(tokens.accessToken);
    const claims = decodeJwt((response.body as Tokens).accessToken);
    expect(claims).toMatchObject({ sub: id, sid: before['sid'] });
    expect(Math.abs(Number(claims['auth_time']) - Date.now() / 1000)).toBeLessThan(120);
    expect(await api.post('/v1/auth/mfa/totp', {}, bearerOf(response.body as Tokens))).toMatchObject({ status: 201 });
  });

  it('refuses the account of another user', async () => {
    const { tokens } = await providerUser('stepper-two');
    await providerUser('other-stepper');
    const code = await flows.codeFor(stepUpPath, tokens, 'other-stepper');

    const response = await api.post('/v1/auth/reauthenticate/oauth', code, bearerOf(tokens));

    expect(response).toBeProblem('provider-authentication-not-recent', 403);
  });
});

describe('GET /v1/users/{id}/identities', () => {
  it('lists the linked accounts to administrators as to the user', async () => {
    const { id, tokens } = await providerUser('listed.by.admin');
    const asAdmin = api.as(await factory.admin());

    const { status, body } = await asAdmin.get(`/v1/users/${id}/identities`);

    expect(status).toBe(200);
    expect(body).toEqual({ data: await identitiesOf(tokens) });
    expect((body as { data: unknown[] }).data).toHaveLength(1);
  });

  it('requires a permission, and returns 404 for an unknown and for a deleted user', async () => {
    const asAdmin = api.as(await factory.admin());
    const user = await factory.user();

    expect(await api.as(user).get(`/v1/users/${user.id}/identities`)).toBeProblem('forbidden', 403);
    for (const id of ['01938c5e-7a80-7000-8000-3f2d6c1b9a04', (await factory.user({ deleted: true })).id])
      expect(await asAdmin.get(`/v1/users/${id}/identities`)).toBeProblem('not-found', 404);
  });
});
