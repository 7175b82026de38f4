import type { Page } from 'playwright-core';
import type { Screen } from '../harness/browser/screens.ts';
import { MfaFlows } from '../harness/http/mfa-flows.ts';
import { oneTimeTokenFor } from '../harness/mail/one-time-tokens.ts';
import { newVerifier } from '../harness/openid/oauth-flows.ts';
import type { HostedApp } from './hosted-app.ts';
import { redirects } from './hosted-app.ts';

/** Texts that break layouts: markup, another direction, emoji, and a word without a break. */
const unusualText = `<script>alert(1)</script> "שלום" ‮abc 👩‍👩‍👧‍👦 ${'n'.repeat(300)}`;

/** Every hosted page, in its states; the start page, the problem pages and the mailbox. */
export async function hostedScreens(running: HostedApp): Promise<Screen[]> {
  const { factory } = running;
  const user = await factory.user();
  const withApp = await new MfaFlows(running).user();
  const { codeChallenge } = newVerifier();
  const client = new URLSearchParams({ redirect: redirects[0], codeChallenge }).toString();
  const link = async (page: string, purpose: Parameters<typeof oneTimeTokenFor>[1]): Promise<string> =>
    `/account/${page}?token=${await oneTimeTokenFor(running, purpose, await factory.user())}`;
  const secondFactor = async (page: Page): Promise<void> => {
    await fill(page, { email: withApp.email, password: withApp.password });
    await page.waitForURL('**/second-factor');
  };
  return [
    { name: 'start', path: '/' },
    { name: 'problems', path: '/problems' },
    { name: 'problem', path: '/problems/weak-password' },
    { name: 'not-found', path: '/administration/unknown' },
    { name: 'login', path: '/account/login' },
    { name: 'login-german', path: '/account/login?lang=de' },
    { name: 'login-for-client', path: `/account/login?${client}` },
    {
      name: 'login-rejected',
      path: '/account/login',
      prepare: async (page) => {
        await fill(page, { email: user.email, password: 'a wrong password of a user' });
        await page.getByRole('alert').first().waitFor();
      },
    },
    { name: 'logged-in', path: '/account/login', user },
    { name: 'logout', path: '/account/logout', user },
    { name: 'second-factor', path: '/account/login', prepare: secondFactor },
    {
      name: 'recovery-code',
      path: '/account/login',
      prepare: async (page) => {
        await secondFactor(page);
        await page.getByRole('link', { name: 'Use a recovery code' }).click();
        await page.getByLabel('Recovery code').waitFor();
      },
    },
    { name: 'second-factor-expired', path: '/account/second-factor' },
    { name: 'register', path: '/account/register' },
    {
      name: 'register-typing',
      path: '/account/register',
      prepare: async (page) => {
        await page.getByLabel('Password', { exact: true }).fill('password');
        await page.getByRole('status').getByText('common').waitFor();
        await page.getByLabel('Show password').check();
      },
    },
    {
      name: 'register-unusual',
      path: '/account/register',
      prepare: async (page) => {
        const password = page.getByLabel('Password', { exact: true });
        await password.fill('password');
        await page.evaluate(`document.querySelector('form').noValidate = true`);
        await page.getByLabel('Email address').fill(`${unusualText}@example.com`);
        await page.getByLabel('Name (optional)').fill(unusualText);
        await password.press('Enter');
        await page.getByRole('alert').first().waitFor();
      },
    },
    {
      name: 'registered',
      path: '/account/register',
      prepare: async (page) => {
        const password = 'a password that was chosen on a page';
        await fill(page, { email: 'registered.for.a.picture@example.com', password });
        await page.getByRole('heading', { name: 'Check your inbox' }).waitFor();
      },
    },
    { name: 'forgot-password', path: '/account/forgot-password' },
    { name: 'request-magic-link', path: '/account/request-magic-link' },
    { name: 'resend-verification', path: '/account/resend-verification' },
    { name: 'reset-password', path: await link('reset-password', 'reset-password') },
    { name: 'accept-invitation', path: await link('accept-invitation', 'invitation') },
    { name: 'verify-email', path: await link('verify-email', 'verify-email') },
    { name: 'change-email', path: await link('change-email', 'email-change') },
    { name: 'revert-email', path: await link('revert-email', 'email-revert') },
    { name: 'magic-link', path: '/account/magic-link?token=of-another-browser' },
    { name: 'invalid-link', path: '/account/reset-password?token=unknown' },
  ];
}

/** Fills in the form of a page by the names of its fields, and submits it. */
async function fill(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(fields)) await page.locator(`input[name=${name}]`).fill(value);
  await page.locator('form button[type=submit]').first().click();
}
