import { describe, expect, it } from '@jest/globals';
import { codeOf, MfaFlows, wrongCodeOf } from '../harness/http/mfa-flows.ts';
import { PasskeyFlows } from '../harness/http/passkey-flows.ts';
import type { AssertionRequest } from '../harness/http/software-authenticator.ts';
import { accountPath, hostedApp } from './hosted-app.ts';
import { HostedLogins, locationOf } from './login-flows.ts';

const running = await hostedApp();
const hosted = new HostedLogins(running);
const mfa = new MfaFlows(running);
const passkeys = new PasskeyFlows(running);

describe('/account/second-factor', () => {
  it('completes a login with a code, and accepts it once', async () => {
    const user = await mfa.user();
    const browser = hosted.newBrowser();
    const before = await hosted.sessionsOf(user);

    const first = await hosted.logIn(browser, user);
    expect([first.status, locationOf(first), browser.cookie('rt')]).toEqual([303, '/account/second-factor', undefined]);
    expect(await hosted.sessionsOf(user)).toBe(before);
    const form = await browser.open('/account/second-factor');
    expect(form.text).toMatch(/<input id="code"[^>]* autocomplete="one-time-code"[^>]* inputmode="numeric"/);
    const done = await browser.submit({ code: codeOf(user) });

    expect([done.status, locationOf(done)]).toEqual([303, accountPath]);
    expect(await hosted.userOf(browser)).toBe(user.id);
    expect(browser.cookie('login')).toBeUndefined();
    // The page of the code is still open in a second tab.
    expect((await browser.submit({ code: codeOf(user) })).status).toBe(401);
  });

  it('renders the form again for a wrong code, with the login that it continues', async () => {
    const user = await mfa.user();
    const browser = hosted.newBrowser();
    await hosted.logIn(browser, user);
    await browser.open('/account/second-factor');

    const again = await browser.submit({ code: wrongCodeOf(user) });

    expect(again.status).toBe(401);
    expect(again.text).toContain('The code is wrong');
    expect(again.text).not.toContain(`value="${wrongCodeOf(user)}"`);
    expect((await browser.submit({ code: codeOf(user) })).status).toBe(303);
  });

  it('completes a login with a recovery code', async () => {
    const user = await mfa.user();
    const browser = hosted.newBrowser();
    await hosted.logIn(browser, user);

    const form = await browser.open('/account/second-factor?method=recovery-code');
    expect(form.text).toContain('Recovery code');
    expect((await browser.submit({ code: user.recoveryCodes[0] ?? '' })).status).toBe(303);
    expect(await hosted.userOf(browser)).toBe(user.id);
  });

  it('completes a login with a passkey', async () => {
    const user = await passkeys.user();
    const browser = hosted.newBrowser();
    await hosted.logIn(browser, user);
    const { text } = await browser.open('/account/second-factor');
    const [, login = ''] = /data-passkey[^]*name="login" value="([^"]+)"/.exec(text) ?? [];

    const options = JSON.parse((await browser.post('/account/passkey-options', { login })).text) as AssertionRequest;
    const credential = JSON.stringify(user.authenticator.get(options));
    const done = await browser.post('/account/second-factor', { login, method: 'passkey', credential });

    expect([done.status, locationOf(done)]).toEqual([303, accountPath]);
    expect(await hosted.userOf(browser)).toBe(user.id);
  });

  it('continues in each of two tabs the login that was started there', async () => {
    const [one, other] = [await mfa.user(), await mfa.user()];
    const browser = hosted.newBrowser();
    await hosted.logIn(browser, one);
    const { text } = await browser.open('/account/second-factor');
    await hosted.logIn(browser, other);

    const [, login = ''] = /name="login" value="([^"]+)"/.exec(text) ?? [];
    const done = await browser.post('/account/second-factor', { login, method: 'totp', code: codeOf(one) });

    expect(done.status).toBe(303);
    expect(await hosted.userOf(browser)).toBe(one.id);
  });

  it('leads back to the login without one, and refuses a state that it did not issue', async () => {
    expect((await hosted.newBrowser().open('/account/second-factor')).text).toContain('The login has expired');
    const refused = await hosted
      .newBrowser()
      .post('/account/second-factor', { login: 'made-up', method: 'totp', code: '1' });
    expect(refused.status).toBe(401);
  });
});

describe('/account/passkey-login', () => {
  it('logs in with the credential that the script of the page sends', async () => {
    const user = await passkeys.user();
    const browser = hosted.newBrowser();
    const options = JSON.parse((await browser.post('/account/passkey-options', {})).text) as AssertionRequest;

    const credential = JSON.stringify(user.authenticator.get(options));
    const done = await browser.post('/account/passkey-login', { credential });

    expect([done.status, locationOf(done)]).toEqual([303, accountPath]);
    expect(await hosted.userOf(browser)).toBe(user.id);
  });

  it('refuses a credential that was used before', async () => {
    const user = await passkeys.user();
    const browser = hosted.newBrowser();
    const options = JSON.parse((await browser.post('/account/passkey-options', {})).text) as AssertionRequest;
    const credential = JSON.stringify(user.authenticator.get(options));
    await browser.post('/account/passkey-login', { credential });

    const again = await hosted.newBrowser().post('/account/passkey-login', { credential });
    expect(again).toMatchObject({ status: 401, text: expect.stringContaining('The passkey is not valid') });
    expect(again.headers.getSetCookie()).toEqual([]);
  });

  it.each(['', 'no JSON', '{}', '[]', '{"id":"a"}'])(
    'renders the login form for the credential %j',
    async (credential) => {
      const page = await hosted.newBrowser().post('/account/passkey-login', { credential });

      expect(page.status).toBe(422);
      expect(page.text).toContain('The passkey is not valid');
      expect(page.text).toContain('name="password"');
      expect(page.headers.getSetCookie()).toEqual([]);
    },
  );
});
