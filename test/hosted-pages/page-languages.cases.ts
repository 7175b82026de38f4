import { describe, expect, it } from '@jest/globals';
import { MfaFlows, wrongCodeOf } from '../harness/http/mfa-flows.ts';
import { oneTimeTokenFor } from '../harness/mail/one-time-tokens.ts';
import { hostedApp, PageBrowser } from './hosted-app.ts';

const running = await hostedApp();
const { api, factory, database } = running;
const mfa = new MfaFlows(running);

const german = { 'Accept-Language': 'de-AT,de;q=0.9,en;q=0.5' };

describe('The language of a page', () => {
  it('is the one that the browser prefers', async () => {
    const page = await new PageBrowser(api.baseUrl, german).open('/account/login');

    expect(page.text).toContain('<html lang="de">');
    expect(page.text).toContain('<h1>Anmelden</h1>');
    expect(page.headers.get('content-language')).toBe('de');
    expect(page.headers.get('vary')).toContain('Accept-Language');
    expect((await new PageBrowser(api.baseUrl).open('/account/login')).text).toContain('<html lang="en">');
  });

  it('is that of the user whose link was opened, also after the submission', async () => {
    const user = await factory.user();
    await database.pool.query(`UPDATE users SET locale = 'de' WHERE id = $1`, [user.id]);
    const token = await oneTimeTokenFor(running, 'reset-password', user);
    const browser = new PageBrowser(api.baseUrl, { 'Accept-Language': 'en' });

    const page = await browser.open(`/account/reset-password?token=${token}`);
    expect(page.text).toContain('<h1>Neues Passwort wählen</h1>');
    const rejected = await browser.submit({ newPassword: 'password' });
    expect(rejected.text).toContain('Das Passwort muss mindestens 15 Zeichen haben.');
    expect(rejected.text).toContain('Das Passwort darf kein häufiges Passwort sein.');
    const done = await browser.submit({ newPassword: 'ein Passwort von einer deutschen Seite' });
    expect(done.text).toContain('Ihr Passwort wurde geändert');
    expect(done.text).toContain('href="/account/login?lang=de"');
  });

  it('can be changed on the page, and is kept by its links and forms', async () => {
    const browser = new PageBrowser(api.baseUrl);
    const { text } = await browser.open('/account/login');
    expect(text).toContain('<a href="/account/login?lang=de" lang="de" hreflang="de">Deutsch</a>');

    const page = await browser.open('/account/login?lang=de');
    expect(page.text).toContain('href="/account/register?lang=de"');
    const rejected = await browser.submit({ email: 'unbekannt@example.com', password: 'falsch' });
    expect(rejected.text).toContain('gehören zu keinem Konto');
  });

  it('becomes that of an account that is registered in it', async () => {
    const email = 'registriert@example.com';
    const browser = new PageBrowser(api.baseUrl);
    await browser.open('/account/register?lang=de');
    await browser.submit({ email, password: 'ein Passwort von einer deutschen Seite' });

    const { rows } = await database.pool.query('SELECT locale FROM users WHERE email = $1', [email]);
    expect(rows).toEqual([{ locale: 'de' }]);
  });

  it('is that of a problem of the page too', async () => {
    const browser = new PageBrowser(api.baseUrl, { 'Sec-Fetch-Site': 'cross-site' });
    const rejected = await browser.post('/account/logout', { lang: 'de' });

    expect(rejected.status).toBe(403);
    expect(rejected.text).toContain('<h1>Das Formular kam von einer anderen Website</h1>');
  });

  it('is kept by a login until its second factor', async () => {
    const user = await mfa.user();
    const browser = new PageBrowser(api.baseUrl);
    await browser.open('/account/login?lang=de');
    await browser.submit({ email: user.email, password: user.password });

    expect((await browser.open('/account/second-factor')).text).toContain('<h1>Bestätigen Sie, dass Sie es sind</h1>');
    expect((await browser.submit({ code: wrongCodeOf(user) })).text).toContain('Der Code ist falsch');
  });

  it.each(['fr', 'de-DE', '', '"><script>'])('ignores the choice %j', async (lang) => {
    const page = await new PageBrowser(api.baseUrl).open(`/account/login?lang=${encodeURIComponent(lang)}`);

    expect(page.text).toContain('<html lang="en">');
    expect(page.text).not.toContain('<script>');
  });

  it('does not depend on the account whose email address is entered', async () => {
    const user = await factory.user();
    await database.pool.query(`UPDATE users SET locale = 'de' WHERE id = $1`, [user.id]);
    const browser = new PageBrowser(api.baseUrl);
    await browser.open('/account/login');

    expect((await browser.submit({ email: user.email, password: 'a wrong password of a user' })).text).toContain(
      'lang="en"',
    );
  });
});
