import { describe, expect, it } from '@jest/globals';
import type { PageBrowser } from './hosted-app.ts';
import { accountPath, hostedApp } from './hosted-app.ts';
import { HostedLogins, locationOf } from './login-flows.ts';

const running = await hostedApp();
const { factory, database, provider } = running;
const hosted = new HostedLogins(running);
const password = 'a password that was chosen on a page';

describe('/account/login', () => {
  it('sets the cookie of cookie mode and leads to the account screens', async () => {
    const user = await factory.user();
    const browser = hosted.newBrowser();

    const done = await hosted.logIn(browser, user);

    expect([done.status, locationOf(done), done.text]).toEqual([303, accountPath, '']);
    expect(done.headers.getSetCookie()).toContainEqual(
      expect.stringMatching(/^rt=rt_[\w-]{43}; Path=\/; Max-Age=604[78]\d\d; HttpOnly; SameSite=Strict$/),
    );
    expect(done.headers.get('cache-control')).toBe('no-store');
    expect(await hosted.userOf(browser)).toBe(user.id);
    const events = await factory.auditEvents({ subjectId: user.id, event: 'authn_login_success' });
    expect(events).toEqual([expect.objectContaining({ reason: 'pwd' })]);
  });

  it('shows who is logged in instead of the form, and the form again after the logout', async () => {
    const user = await factory.user();
    const browser = hosted.newBrowser();
    await hosted.logIn(browser, user);

    const page = await browser.open('/account/login');
    expect(page.text).toContain(`logged in as ${user.email}`);
    expect(page.text).not.toContain('name="password"');
    const out = await browser.submit({}, '/account/logout');

    expect(out).toMatchObject({ status: 200, text: expect.stringContaining('You are logged out') });
    expect(browser.cookie('rt')).toBeUndefined();
    expect(await hosted.sessionsOf(user)).toBe(0);
    expect((await browser.open('/account/login')).text).toContain('name="password"');
  });

  it.each([
    ['a wrong password', async () => ({ ...(await factory.user()), password: 'another one than that of the user' })],
    ['an unknown account', async () => await Promise.resolve({ email: 'unknown.page@example.com', password })],
    ['an unverified account', async () => await factory.user({ verified: false })],
    ['a disabled account', async () => await factory.user({ disabled: true })],
  ])('renders the same page, with no session, for %s', async (_, create) => {
    const user = await create();
    const browser = hosted.newBrowser();

    const page = await hosted.logIn(browser, user);

    expect(page.status).toBe(401);
    expect(page.text).toContain('do not belong to an account that can log in');
    expect(page.headers.getSetCookie()).toEqual([]);
    expect(page.text).not.toContain(user.password);
    const same = await hosted.logIn(hosted.newBrowser(), { email: 'another.user@example.com', password });
    expect(page.text.replaceAll(user.email, '')).toBe(same.text.replaceAll('another.user@example.com', ''));
  });

  it('has every way to log in that is configured, and what password managers need', async () => {
    const { text } = await hosted.newBrowser().open('/account/login');

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

      const refused = await hosted
        .newBrowser(headers)
        .post('/account/login', { email: user.email, password: user.password });

      expect(refused).toMatchObject({ status: 403, text: expect.stringContaining('Cross-site form submission') });
      expect(refused.headers.getSetCookie()).toEqual([]);
      expect(await hosted.sessionsOf(user)).toBe(0);
    },
  );

  it('logs out also when the session was revoked while the page was open', async () => {
    const user = await factory.user();
    const browser = hosted.newBrowser();
    await hosted.logIn(browser, user);
    await browser.open('/account/login');
    await database.pool.query('UPDATE sessions SET revoked_at = now() WHERE user_id = $1', [user.id]);

    expect((await browser.submit({}, '/account/logout')).text).toContain('You are logged out');
    expect(browser.cookie('rt')).toBeUndefined();
    expect((await browser.open('/account/login')).text).toContain('name="password"');
  });

  it('has scripts that browsers keep, under paths that change with their content', async () => {
    const browser = hosted.newBrowser();
    const { text } = await browser.open('/account/login');
    const paths = [...text.matchAll(/<script src="([^"]+)" defer>/g)].map(([, path = '']) => path);

    expect(paths).toEqual([
      expect.stringMatching(/^\/account\/page\.js\?v=[0-9a-f]{16}$/),
      expect.stringMatching(/^\/account\/passkey\.js\?v=[0-9a-f]{16}$/),
    ]);
    for (const path of paths) {
      const { status, headers } = await browser.open(path);
      expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
        200,
        'text/javascript; charset=utf-8',
        'public, max-age=31536000, immutable',
      ]);
      // That of another version, which runs during an update.
      expect((await browser.open(`${path}0`)).headers.get('cache-control')).toBe('no-store');
    }
  });

  it('ends no session by a form of another site', async () => {
    const user = await factory.user();
    const browser = hosted.newBrowser();
    await hosted.logIn(browser, user);
    const Cookie = `rt=${browser.cookie('rt') ?? ''}`;

    expect(
      (await hosted.newBrowser({ 'Sec-Fetch-Site': 'cross-site', Cookie }).post('/account/logout', {})).status,
    ).toBe(403);
    expect(await hosted.sessionsOf(user)).toBe(1);
  });
});

describe('/account/providers', () => {
  /** The login at the provider, up to the page that the browser returns to. */
  async function returnFromProvider(browser: PageBrowser, user: { sub: string; email: string }): Promise<string> {
    const authorize = await browser.open(locationOf(await browser.open('/account/providers/acme')));
    const parameters = await provider.authenticate(new URL(locationOf(authorize)), user);
    const back = await browser.open(`/v1/auth/oauth/acme/callback?${new URLSearchParams(parameters).toString()}`);
    const { pathname, search } = new URL(locationOf(back));
    return pathname + search;
  }

  it('log in with the account of the provider, in the browser that started', async () => {
    const user = await factory.user();
    const browser = hosted.newBrowser();
    const path = await returnFromProvider(browser, { sub: `sub of ${user.id}`, email: user.email });
    expect(path).toMatch(/^\/account\/provider-login\?code=/);

    expect((await hosted.newBrowser().open(path)).status).toBe(400);
    const done = await browser.open(path);

    // A redirect would not have the SameSite=Strict cookie: the navigation began at the provider.
    expect([done.status, done.headers.get('refresh')]).toEqual([200, `0;url=${accountPath}`]);
    expect(done.text).toContain(`<a class="button" href="${accountPath}">Continue</a>`);
    expect(await hosted.userOf(browser)).toBe(user.id);
    expect((await browser.open(path)).text).toContain('has expired. Start it again.');
  });

  it.each([
    ['error=access_denied', 'was cancelled at the provider'],
    ['error=anything<script>', 'The request failed'],
    ['error=constructor', 'The request failed'],
    ['error=__proto__', 'The request failed'],
    ['', 'has expired. Start it again.'],
  ])('lead back to the login form: %j', async (query, text) => {
    const page = await hosted.newBrowser().open(`/account/provider-login?${query}`);

    expect(page.status).toBe(400);
    expect(page.text).toContain(text);
    expect(page.text).toContain('name="password"');
    expect(page.text).not.toContain('<script>');
  });

  it('are 404 for an unknown provider', async () => {
    expect((await hosted.newBrowser().open('/account/providers/unknown')).status).toBe(404);
  });
});
