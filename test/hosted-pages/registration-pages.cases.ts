import { describe, expect, it } from '@jest/globals';
import { Mailbox } from '../harness/mail/mailbox.ts';
import { hostedApp } from './hosted-app.ts';
import { HostedLogins } from './login-flows.ts';

const running = await hostedApp();
const { api, factory } = running;
const mailbox = new Mailbox(api);
const hosted = new HostedLogins(running);
const password = 'a password that was chosen on a page';

describe('/account/register', () => {
  it('creates an account whose link leads to the login', async () => {
    const email = 'registered.on.a.page@example.com';
    const browser = hosted.newBrowser();
    const form = await browser.open('/account/register');
    expect(form.text).toMatch(/At least 15 characters[^]*<input id="password"[^>]* autocomplete="new-password"/);

    const done = await browser.submit({ email, password, displayName: '' });
    expect(done).toMatchObject({ status: 200, text: expect.stringContaining('Check your inbox') });
    await browser.open(`/account/verify-email?token=${await mailbox.tokenFor(email)}`);
    const verified = await browser.submit({});

    expect(verified.text).toContain('<a class="button" href="/account/login?lang=en">Log in</a>');
    expect((await hosted.logIn(browser, { email, password })).status).toBe(303);
  });

  it('renders the same page for an account that exists', async () => {
    const { email } = await factory.user();
    const browser = hosted.newBrowser();

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
    const browser = hosted.newBrowser();
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
    const browser = hosted.newBrowser();
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
    const { status, text } = await hosted.newBrowser().post('/account/password-check', fields);

    expect([status, JSON.parse(text)]).toEqual([200, { violations }]);
  });

  it('is refused for pages of other sites', async () => {
    const browser = hosted.newBrowser({ 'Sec-Fetch-Site': 'cross-site' });
    expect((await browser.post('/account/password-check', { newPassword: 'short' })).status).toBe(403);
  });
});
