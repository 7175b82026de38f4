import { describe, expect, it } from '@jest/globals';
import { codeOf, MfaFlows } from '../harness/http/mfa-flows.ts';
import { newVerifier } from '../harness/openid/oauth-flows.ts';
import { Mailbox } from '../harness/mail/mailbox.ts';
import type { ApiResponse } from '../harness/http/api.ts';
import type { FactoryUser } from '../harness/database/factory.ts';
import type { PageResponse } from './hosted-app.ts';
import { hostedApp, PageBrowser, redirects } from './hosted-app.ts';

const running = await hostedApp();
const { api, factory, database } = running;
const mfa = new MfaFlows(running);
const mailbox = new Mailbox(api);
const [redirect, appRedirect] = redirects;

const loginPath = (parameters: Record<string, string>): string =>
  `/account/login?${new URLSearchParams(parameters).toString()}`;

const exchange = async (code: string, codeVerifier: string): Promise<ApiResponse> =>
  await api.post('/v1/auth/oauth/exchange', { code, codeVerifier });

function codeIn({ headers }: PageResponse): string {
  return new URL(headers.get('location') ?? '').searchParams.get('code') ?? '';
}

/** Logs in with the form for a client with this challenge. */
async function logInFor(user: FactoryUser, codeChallenge: string, to: string = redirect): Promise<PageResponse> {
  const browser = new PageBrowser(api.baseUrl);
  await browser.open(loginPath({ redirect: to, codeChallenge }));
  return await browser.submit({ email: user.email, password: user.password });
}

async function profileOf({ body }: ApiResponse): Promise<unknown> {
  const { accessToken } = body as { accessToken: string };
  return (await api.get('/v1/users/me', { Authorization: `Bearer ${accessToken}` })).body;
}

describe('A hosted login for a client', () => {
  it('returns to it with a code that its verifier exchanges once', async () => {
    const user = await factory.user();
    const { codeVerifier, codeChallenge } = newVerifier();

    const done = await logInFor(user, codeChallenge);
    expect(done.status).toBe(303);
    expect(done.headers.get('location')).toMatch(/^https:\/\/app\.example\.com\/logged-in\?from=login&code=[\w-]{43}$/);
    expect(done.headers.getSetCookie().join()).not.toContain('rt=');

    const tokens = await exchange(codeIn(done), codeVerifier);
    expect(tokens).toMatchObject({ status: 200, body: { tokenType: 'Bearer', refreshToken: expect.any(String) } });
    expect(await profileOf(tokens)).toMatchObject({ id: user.id });
    expect(await exchange(codeIn(done), codeVerifier)).toBeProblem('invalid-oauth-code', 400);
  });

  it('gives nothing to another client that sees the code', async () => {
    const { codeVerifier, codeChallenge } = newVerifier();
    const code = codeIn(await logInFor(await factory.user(), codeChallenge));

    expect(await exchange(code, newVerifier().codeVerifier)).toBeProblem('invalid-oauth-code', 400);
    expect((await exchange(code, codeVerifier)).status).toBe(200);
  });

  it('exchanges no code after a minute, nor that of a session that was revoked', async () => {
    const user = await factory.user();
    const { codeVerifier, codeChallenge } = newVerifier();
    const late = codeIn(await logInFor(user, codeChallenge));
    await database.pool.query(`UPDATE oauth_logins SET code_expires_at = now() WHERE code_expires_at IS NOT NULL`);
    expect(await exchange(late, codeVerifier)).toBeProblem('invalid-oauth-code', 400);

    const revoked = codeIn(await logInFor(user, codeChallenge));
    await api.as(user).post('/v1/auth/logout-all', { scope: 'others' });
    expect(await exchange(revoked, codeVerifier)).toBeProblem('invalid-oauth-code', 400);
  });

  it('stores no token that a reader of the database could use', async () => {
    const { codeVerifier, codeChallenge } = newVerifier();
    const code = codeIn(await logInFor(await factory.user(), codeChallenge));
    const { rows } = await database.pool.query<{ row: string }>('SELECT to_jsonb(o)::text AS row FROM oauth_logins o');
    const { body } = await exchange(code, codeVerifier);

    expect(rows.map(({ row }) => row).join()).not.toContain((body as { refreshToken: string }).refreshToken);
    expect(rows.map(({ row }) => row).join()).not.toContain(code);
  });

  it('returns to an app by its scheme, which the policy of the page allows', async () => {
    const user = await factory.user();
    const { codeVerifier, codeChallenge } = newVerifier();

    const page = await new PageBrowser(api.baseUrl).open(loginPath({ redirect: appRedirect, codeChallenge }));
    expect(page.headers.get('content-security-policy')).toContain("form-action 'self' com.example.app:;");
    const done = await logInFor(user, codeChallenge, appRedirect);

    expect(done.headers.get('location')).toMatch(/^com\.example\.app:\/logged-in\?code=/);
    expect((await exchange(codeIn(done), codeVerifier)).status).toBe(200);
  });

  it('returns to it after the second factor', async () => {
    const user = await mfa.user();
    const { codeVerifier, codeChallenge } = newVerifier();
    const browser = new PageBrowser(api.baseUrl);
    await browser.open(loginPath({ redirect, codeChallenge }));
    await browser.submit({ email: user.email, password: user.password });
    const form = await browser.open('/account/second-factor');

    expect(form.headers.get('content-security-policy')).toContain("form-action 'self' https://app.example.com;");
    const done = await browser.submit({ code: codeOf(user) });
    expect(await profileOf(await exchange(codeIn(done), codeVerifier))).toMatchObject({ id: user.id });
  });

  it('returns to it after a magic link', async () => {
    const user = await factory.user();
    const { codeVerifier, codeChallenge } = newVerifier();
    const browser = new PageBrowser(api.baseUrl);
    const login = await browser.open(loginPath({ redirect, codeChallenge }));
    const [, path = ''] = /<a href="(\/account\/request-magic-link\?[^"]+)"/.exec(login.text) ?? [];
    await browser.open(path.replaceAll('&amp;', '&'));
    const requested = await browser.submit({ email: user.email });
    // Both as long as the link: AUTH_MAGIC_LINK_TTL_SECONDS.
    expect(requested.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^magic-link=.+; Max-Age=900;/),
      expect.stringMatching(/^login=.+; Max-Age=900;/),
    ]);
    await browser.open(`/account/magic-link?token=${await mailbox.tokenFor(user.email)}`);

    const done = await browser.submit({});
    expect(await profileOf(await exchange(codeIn(done), codeVerifier))).toMatchObject({ id: user.id });
  });

  it('starts provider logins that return to the client', async () => {
    const { codeChallenge } = newVerifier();
    const { text } = await new PageBrowser(api.baseUrl).open(loginPath({ redirect, codeChallenge }));

    const query = new URLSearchParams({ redirect, codeChallenge }).toString().replaceAll('&', '&amp;');
    expect(text).toContain(`href="/v1/auth/oauth/acme/authorize?${query}"`);
    expect(text).toContain('You continue at app.example.com.');
  });

  it('shows the form also to a browser that is logged in', async () => {
    const user = await factory.user();
    const browser = new PageBrowser(api.baseUrl);
    await browser.open('/account/login');
    await browser.submit({ email: user.email, password: user.password });

    const page = await browser.open(loginPath({ redirect, codeChallenge: newVerifier().codeChallenge }));
    expect(page.text).toContain('name="password"');
  });
});

describe('A login with another destination', () => {
  const { codeChallenge } = newVerifier();

  it.each([
    'https://evil.example/',
    'https://app.example.com/logged-in',
    'https://app.example.com.evil.example/logged-in?from=login',
    '//evil.example',
    '/admin/',
    'javascript:alert(1)',
    'https://a;script-src *',
  ])('is refused before any credential is verified: %j', async (to) => {
    const user = await factory.user();

    expect((await new PageBrowser(api.baseUrl).open(loginPath({ redirect: to, codeChallenge }))).status).toBe(400);
    for (const path of ['/account/login', '/account/request-magic-link']) {
      const refused = await new PageBrowser(api.baseUrl).post(path, { ...user, redirect: to, codeChallenge });
      expect([refused.status, refused.headers.get('location'), refused.headers.getSetCookie()]).toEqual([
        400,
        null,
        [],
      ]);
    }
    const { rows } = await database.pool.query('SELECT FROM sessions WHERE user_id = $1', [user.id]);
    expect(rows).toHaveLength(0);
    const invalid = await new PageBrowser(api.baseUrl).post('/account/login', {
      email: 'a',
      redirect: to,
      codeChallenge,
    });
    expect(invalid.headers.get('content-security-policy')).toContain("form-action 'self';");
  });

  it.each([{ redirect }, { codeChallenge }, { redirect, codeChallenge: 'short' }])(
    'is refused without both parameters: %j',
    async (parameters) => {
      const browser = new PageBrowser(api.baseUrl);
      expect((await browser.open(loginPath(parameters as Record<string, string>))).status).toBe(400);
      expect(
        (await browser.post('/account/login', { ...(await factory.user()), ...parameters })).status,
      ).toBeGreaterThanOrEqual(400);
      expect(browser.cookie('rt')).toBeUndefined();
    },
  );
});
