import { describe, expect, it } from '@jest/globals';
import type { FactoryUser } from '../harness/database/factory.ts';
import { codeOf, MfaFlows, wrongCodeOf } from '../harness/http/mfa-flows.ts';
import { PasskeyFlows } from '../harness/http/passkey-flows.ts';
import type { AssertionRequest } from '../harness/http/software-authenticator.ts';
import { Mailbox } from '../harness/mail/mailbox.ts';
import type { PageResponse } from './hosted-app.ts';
import { accountPath, hostedApp, PageBrowser } from './hosted-app.ts';

const running = await hostedApp();
const { api, factory, database, provider } = running;
const mailbox = new Mailbox(api);
const mfa = new MfaFlows(running);
const passkeys = new PasskeyFlows(running);
const password = 'a password that was chosen on a page';

const newBrowser = (headers: Record<string, string> = {}): PageBrowser => new PageBrowser(api.baseUrl, headers);

/** Logs in with the form. */
async function logIn(browser: PageBrowser, user: Pick<FactoryUser, 'email' | 'password'>): Promise<PageResponse> {
  await browser.open('/account/login');
  return await browser.submit({ email: user.email, password: user.password });
}

/** The user of the session whose refresh token the browser has, as the console gets it: in cookie mode. */
async function userOf(browser: PageBrowser): Promise<unknown> {
  const cookie = { Cookie: `rt=${browser.cookie('rt') ?? ''}`, 'Sec-Fetch-Site': 'same-origin' };
  const { body } = await api.get('/v1/auth/csrf', cookie);
  const { csrfToken } = body as { csrfToken: string };
  const headers = { ...cookie, 'X-CSRF-Token': csrfToken, 'X-Token-Delivery': 'cookie' };
  const refreshed = await api.post('/v1/auth/refresh', {}, headers);
  const { accessToken } = refreshed.body as { accessToken: string };
  const profile = await api.get('/v1/users/me', { Authorization: `Bearer ${accessToken}` });
  return (profile.body as { id: string }).id;
}

async function sessionsOf({ id }: FactoryUser): Promise<number> {
  const { rows } = await database.pool.query('SELECT FROM sessions WHERE user_id = $1 AND revoked_at IS NULL', [id]);
  return rows.length;
}

const location = ({ headers }: PageResponse): string => headers.get('location') ?? '';

describe('/account/login', () => {
  it('sets the cookie of cookie mode and leads to the account screens', async () => {
    const user = await factory.user();
    const browser = newBrowser();

    const done = await logIn(browser, user);

    expect([done.status, location(done), done.text]).toEqual([303, accountPath, '']);
    expect(done.headers.getSetCookie()).toContainEqual(
      expect.stringMatching(/^rt=rt_[\w-]{43}; Path=\/; Max-Age=604(800|79\d); HttpOnly; SameSite=Strict$/),
    );
    expect(done.headers.get('cache-control')).toBe('no-store');
    expect(await userOf(browser)).toBe(user.id);
    const events = await factory.auditEvents({ subjectId: user.id, event: 'authn_login_success' });
    expect(events).toEqual([expect.objectContaining({ reason: 'pwd' })]);
  });

  it('shows who is logged in instead of the form, and the form again after the logout', async () => {
    const user = await factory.user();
    const browser = newBrowser();
    await logIn(browser, user);

    const page = await browser.open('/account/login');
    expect(page.text).toContain(`logged in as ${user.email}`);
    expect(page.text).not.toContain('name="password"');
    const out = await browser.submit({}, '/account/logout');

    expect(out).toMatchObject({ status: 200, text: expect.stringContaining('You are logged out') });
    expect(browser.cookie('rt')).toBeUndefined();
    expect(await sessionsOf(user)).toBe(0);
    expect((await browser.open('/account/login')).text).toContain('name="password"');
  });

  it.each([
    ['a wrong password', async () => ({ ...(await factory.user()), password: 'another one than that of the user' })],
    ['an unknown account', async () => await Promise.resolve({ email: 'unknown.page@example.com', password })],
    ['an unverified account', async () => await factory.user({ verified: false })],
    ['a disabled account', async () => await factory.user({ disabled: true })],
  ])('renders the same page, with no session, for %s', async (_, create) => {
    const user = await create();
    const browser = newBrowser();

    const page = await logIn(browser, user);

    expect(page.status).toBe(401);
    expect(page.text).toContain('do not belong to an account that can log in');
    expect(page.headers.getSetCookie()).toEqual([]);
    expect(page.text).not.toContain(user.password);
    const same = await logIn(newBrowser(), { email: 'another.user@example.com', password });
    expect(page.text.replaceAll(user.email, '')).toBe(same.text.replaceAll('another.user@example.com', ''));
  });

  it('has every way to log in that is configured, and what password managers need', async () => {
    const { text } = await newBrowser().open('/account/login');

    expect(text).toMatch(/<input id="email"[^>]* autocomplete="username"/);
    expect(text).toMatch(/<input id="password"[^>]* autocomplete="current-password"/);
    for (const path of ['/account/forgot-password', '/account/request-magic-link', '/account/register'])
      expect(text).toContain(`<a href="${path}">`);
    expect(text).toContain('<a class="button secondary" href="/account/providers/acme">Continue with Acme</a>');
    expect(text).toContain('data-passkey="/account/passkey-options"');
  });

  it.each([{ 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Fetch-Site': 'same-site' }])(
    'refuses a form of another site: %j',
    async (headers) => {
      const user = await factory.user();

      const refused = await newBrowser(headers).post('/account/login', { email: user.email, password: user.password });

      expect(refused).toMatchObject({ status: 403, text: expect.stringContaining('Cross-site form submission') });
      expect(refused.headers.getSetCookie()).toEqual([]);
      expect(await sessionsOf(user)).toBe(0);
    },
  );

  it('ends no session by a form of another site', async () => {
    const user = await factory.user();
    const browser = newBrowser();
    await logIn(browser, user);
    const Cookie = `rt=${browser.cookie('rt') ?? ''}`;

    expect((await newBrowser({ 'Sec-Fetch-Site': 'cross-site', Cookie }).post('/account/logout', {})).status).toBe(403);
    expect(await sessionsOf(user)).toBe(1);
  });
});

describe('/account/second-factor', () => {
  it('completes a login with a code, and accepts it once', async () => {
    const user = await mfa.user();
    const browser = newBrowser();
    const before = await sessionsOf(user);

    const first = await logIn(browser, user);
    expect([first.status, location(first), browser.cookie('rt')]).toEqual([303, '/account/second-factor', undefined]);
    expect(await sessionsOf(user)).toBe(before);
    const form = await browser.open('/account/second-factor');
    expect(form.text).toMatch(/<input id="code"[^>]* autocomplete="one-time-code"[^>]* inputmode="numeric"/);
    const done = await browser.submit({ code: codeOf(user) });

    expect([done.status, location(done)]).toEqual([303, accountPath]);
    expect(await userOf(browser)).toBe(user.id);
    expect(browser.cookie('login')).toBeUndefined();
    // The page of the code is still open in a second tab.
    expect((await browser.submit({ code: codeOf(user) })).status).toBe(401);
  });

  it('renders the form again for a wrong code, with the login that it continues', async () => {
    const user = await mfa.user();
    const browser = newBrowser();
    await logIn(browser, user);
    await browser.open('/account/second-factor');

    const again = await browser.submit({ code: wrongCodeOf(user) });

    expect(again.status).toBe(401);
    expect(again.text).toContain('The code is wrong');
    expect(again.text).not.toContain(`value="${wrongCodeOf(user)}"`);
    expect((await browser.submit({ code: codeOf(user) })).status).toBe(303);
  });

  it('completes a login with a recovery code', async () => {
    const user = await mfa.user();
    const browser = newBrowser();
    await logIn(browser, user);

    const form = await browser.open('/account/second-factor?method=recovery-code');
    expect(form.text).toContain('Recovery code');
    expect((await browser.submit({ code: user.recoveryCodes[0] ?? '' })).status).toBe(303);
    expect(await userOf(browser)).toBe(user.id);
  });

  it('completes a login with a passkey', async () => {
    const user = await passkeys.user();
    const browser = newBrowser();
    await logIn(browser, user);
    const { text } = await browser.open('/account/second-factor');
    const [, login = ''] = /data-passkey[^]*name="login" value="([^"]+)"/.exec(text) ?? [];

    const options = JSON.parse((await browser.post('/account/passkey-options', { login })).text) as AssertionRequest;
    const credential = JSON.stringify(user.authenticator.get(options));
    const done = await browser.post('/account/second-factor', { login, method: 'passkey', credential });

    expect([done.status, location(done)]).toEqual([303, accountPath]);
    expect(await userOf(browser)).toBe(user.id);
  });

  it('continues in each of two tabs the login that was started there', async () => {
    const [one, other] = [await mfa.user(), await mfa.user()];
    const browser = newBrowser();
    await logIn(browser, one);
    const { text } = await browser.open('/account/second-factor');
    await logIn(browser, other);

    const [, login = ''] = /name="login" value="([^"]+)"/.exec(text) ?? [];
    const done = await browser.post('/account/second-factor', { login, method: 'totp', code: codeOf(one) });

    expect(done.status).toBe(303);
    expect(await userOf(browser)).toBe(one.id);
  });

  it('leads back to the login without one, and refuses a state that it did not issue', async () => {
    expect((await newBrowser().open('/account/second-factor')).text).toContain('The login has expired');
    const refused = await newBrowser().post('/account/second-factor', { login: 'made-up', method: 'totp', code: '1' });
    expect(refused.status).toBe(401);
  });
});

describe('/account/passkey-login', () => {
  it('logs in with the credential that the script of the page sends', async () => {
    const user = await passkeys.user();
    const browser = newBrowser();
    const options = JSON.parse((await browser.post('/account/passkey-options', {})).text) as AssertionRequest;

    const credential = JSON.stringify(user.authenticator.get(options));
    const done = await browser.post('/account/passkey-login', { credential });

    expect([done.status, location(done)]).toEqual([303, accountPath]);
    expect(await userOf(browser)).toBe(user.id);
  });

  it.each(['', 'no JSON', '{}', '[]', '{"id":"a"}'])(
    'renders the login form for the credential %j',
    async (credential) => {
      const page = await newBrowser().post('/account/passkey-login', { credential });

      expect(page.status).toBe(422);
      expect(page.text).toContain('name="password"');
      expect(page.headers.getSetCookie()).toEqual([]);
    },
  );
});

describe('/account/register', () => {
  it('creates an account whose link leads to the login', async () => {
    const email = 'registered.on.a.page@example.com';
    const browser = newBrowser();
    const form = await browser.open('/account/register');
    expect(form.text).toMatch(/At least 15 characters[^]*<input id="password"[^>]* autocomplete="new-password"/);

    const done = await browser.submit({ email, password, displayName: '' });
    expect(done).toMatchObject({ status: 200, text: expect.stringContaining('Check your inbox') });
    await browser.open(`/account/verify-email?token=${await mailbox.tokenFor(email)}`);
    const verified = await browser.submit({});

    expect(verified.text).toContain('<a class="button" href="/account/login?lang=en">Log in</a>');
    expect((await logIn(browser, { email, password })).status).toBe(303);
  });

  it('renders the same page for an account that exists', async () => {
    const { email } = await factory.user();
    const browser = newBrowser();

    await browser.open('/account/register');
    const known = await browser.submit({ email, password });
    await browser.open('/account/register');
    const unknown = await browser.submit({ email: 'not.yet.registered@example.com', password });

    expect([known.status, known.text]).toEqual([200, unknown.text]);
  });

  it.each([
    ['markup', `<script>alert(1)</script><img src=x onerror=alert(1)>"'`],
    ['a text in another direction', '\u202eשלום مرحبا'],
    ['emoji', '👩‍👩‍👧‍👦🏴‍☠️'],
  ])('shows %s again as it was typed, and executes nothing', async (_, displayName) => {
    const browser = newBrowser();
    await browser.open('/account/register');

    const again = await browser.submit({ email: displayName, password: 'short', displayName });

    expect(again.status).toBe(422);
    expect(again.text).not.toMatch(/<script>|<img src=x/);
    const escaped = displayName
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&#39;');
    expect(again.text).toContain(`value="${escaped}" dir="auto"`);
    expect(again.text).toContain('<a href="#email">');
    expect(again.text).toContain('<a href="#password">');
  });

  it('rejects a name of 10,000 characters with the form', async () => {
    const browser = newBrowser();
    await browser.open('/account/register');

    const again = await browser.submit({ email: 'long@example.com', password, displayName: 'n'.repeat(10_000) });

    expect(again.status).toBe(422);
    expect(again.text).toContain('<a href="#display-name">The name must have at most 80 characters.</a>');
  });
});

describe('/account/password-check', () => {
  it.each([
    [{ newPassword: 'tiny 7 lamp' }, ['The password must have at least 15 characters.']],
    [
      { password: 'ada.lovelace@example', email: 'ada.lovelace@example.com' },
      [expect.stringContaining('your email address')],
    ],
    [{ newPassword: password }, []],
    [{}, []],
  ])('reports for %j what the policy of the service does', async (fields, violations) => {
    const { status, text } = await newBrowser().post('/account/password-check', fields);

    expect([status, JSON.parse(text)]).toEqual([200, { violations }]);
  });

  it('is refused for pages of other sites', async () => {
    const browser = newBrowser({ 'Sec-Fetch-Site': 'cross-site' });
    expect((await browser.post('/account/password-check', { newPassword: 'short' })).status).toBe(403);
  });
});

describe('/account/providers', () => {
  /** The login at the provider, up to the page that the browser returns to. */
  async function returnFromProvider(browser: PageBrowser, user: { sub: string; email: string }): Promise<string> {
    const authorize = await browser.open(location(await browser.open('/account/providers/acme')));
    const parameters = await provider.authenticate(new URL(location(authorize)), user);
    const back = await browser.open(`/v1/auth/oauth/acme/callback?${new URLSearchParams(parameters).toString()}`);
    const { pathname, search } = new URL(location(back));
    return pathname + search;
  }

  it('log in with the account of the provider, in the browser that started', async () => {
    const user = await factory.user();
    const browser = newBrowser();
    const path = await returnFromProvider(browser, { sub: `sub of ${user.id}`, email: user.email });
    expect(path).toMatch(/^\/account\/provider-login\?code=/);

    expect((await newBrowser().open(path)).status).toBe(400);
    const done = await browser.open(path);

    expect([done.status, location(done)]).toEqual([303, accountPath]);
    expect(await userOf(browser)).toBe(user.id);
    expect((await browser.open(path)).text).toContain('has expired. Start it again.');
  });

  it.each([
    ['error=access_denied', 'was cancelled at the provider'],
    ['error=anything<script>', 'The request failed'],
    ['', 'has expired. Start it again.'],
  ])('lead back to the login form: %j', async (query, text) => {
    const page = await newBrowser().open(`/account/provider-login?${query}`);

    expect(page.status).toBe(400);
    expect(page.text).toContain(text);
    expect(page.text).toContain('name="password"');
    expect(page.text).not.toContain('<script>');
  });

  it('are 404 for an unknown provider', async () => {
    expect((await newBrowser().open('/account/providers/unknown')).status).toBe(404);
  });
});
