import { describe, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { itInBrowser } from '../harness/browser/browser.ts';
import type { FactoryUser } from '../harness/database/factory.ts';
import { newVerifier } from '../harness/openid/oauth-flows.ts';
import { api, base, clientUrl, factory, mailbox, open, unexpectedErrors } from './journey-app.ts';

const timeoutMs = 180_000;
const newPassword = 'a password that was typed twice quickly';

async function logIn(page: Page, { email, password }: FactoryUser): Promise<void> {
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
}

async function resetLink({ email }: FactoryUser): Promise<string> {
  await api.post('/v1/auth/password/forgot', { email });
  const [mail] = await mailbox.mailsTo(email);
  return new URL(mail?.links[0] ?? '').href.slice(base.length);
}

describe('A user of a service without a front end', () => {
  itInBrowser(
    'logs in, sees a wrong password, logs out, and sees nothing with the back button',
    async () => {
      const user = await factory.user();
      const opened = await open('/account/login');
      const { page, origins } = opened;
      await logIn(page, { ...user, password: 'a wrong password of the user' });
      await page.getByRole('alert').getByText('do not belong to an account').waitFor();
      expect(await page.getByLabel('Email address').inputValue()).toBe(user.email);
      await page.getByLabel('Password', { exact: true }).fill(user.password);
      await page.getByLabel('Show password').check();
      expect(await page.getByLabel('Password', { exact: true }).getAttribute('type')).toBe('text');
      await page.getByRole('button', { name: 'Log in', exact: true }).click();
      await page.waitForURL(`${base}/admin/#/account`);
      // A navigation would cancel the requests of the console.
      await page.waitForLoadState('networkidle');

      await page.goto(`${base}/account/login`);
      await page.getByText(`logged in as ${user.email}`).waitFor();
      await page.getByRole('button', { name: 'Log out' }).click();
      await page.getByRole('heading', { name: 'You are logged out' }).waitFor();
      await page.goBack();
      await page.reload();
      await page.getByLabel('Password', { exact: true }).waitFor();
      expect(await page.content()).not.toContain(user.email);
      expect(unexpectedErrors(opened)).toEqual([]);
      expect([...origins]).toEqual([base]);
    },
    timeoutMs,
  );

  itInBrowser(
    'returns to the client that requested the login, whose origin the policy of the page allows',
    async () => {
      const user = await factory.user();
      const { codeVerifier, codeChallenge } = newVerifier();
      const query = new URLSearchParams({ redirect: clientUrl, codeChallenge }).toString();
      const opened = await open(`/account/login?${query}`);
      await logIn(opened.page, user);

      await opened.page.waitForURL(`${clientUrl}?code=*`);
      const code = new URL(opened.page.url()).searchParams.get('code');
      expect((await api.post('/v1/auth/oauth/exchange', { code, codeVerifier })).status).toBe(200);
      expect(unexpectedErrors(opened)).toEqual([]);
    },
    timeoutMs,
  );

  itInBrowser(
    'sets a password with a double click, and learns while typing whether it is accepted',
    async () => {
      const user = await factory.user();
      const opened = await open(await resetLink(user));
      const { page } = opened;
      await page.getByLabel('New password').fill('password');
      await page.getByRole('status').getByText('must not be a common password').waitFor();
      await page.getByLabel('New password').fill(newPassword);
      await page.getByRole('status').getByText('This password is accepted').waitFor();
      await page.getByRole('button', { name: 'Set the password' }).dblclick();

      await page.getByRole('heading', { name: 'Your password was changed' }).waitFor();
      await expect(api.logIn({ email: user.email, password: newPassword })).resolves.toHaveProperty('accessToken');
      await page.goBack();
      await page.reload();
      await page.getByRole('heading', { name: 'This link no longer works' }).waitFor();
      expect(unexpectedErrors(opened)).toEqual([]);
    },
    timeoutMs,
  );

  itInBrowser(
    'needs no script',
    async () => {
      const user = await factory.user();
      const { page } = await open(await resetLink(user), { javaScriptEnabled: false });
      expect(await page.getByLabel('Show password').isVisible()).toBe(false);
      await page.getByLabel('New password').fill('short');
      await page.getByRole('button', { name: 'Set the password' }).click();
      await page.getByRole('link', { name: 'must have at least 15 characters' }).click();
      await page.getByLabel('New password').fill(newPassword);
      await page.getByRole('button', { name: 'Set the password' }).click();
      await page.getByRole('link', { name: 'Log in' }).click();
      expect(await page.getByRole('button', { name: 'Log in with a passkey' }).isVisible()).toBe(false);
      await logIn(page, { ...user, password: newPassword });

      await page.waitForURL(`${base}/admin/#/account`);
    },
    timeoutMs,
  );
});
