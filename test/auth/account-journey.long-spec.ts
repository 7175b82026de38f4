import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { itInBrowser, openBrowser, openPage } from '../harness/browser/browser.ts';
import { api, base, factory, mailbox, open, service, unexpectedErrors } from '../hosted-pages/journey-app.ts';

const timeoutMs = 180_000;
const newPassword = 'a password that was typed in a browser';

/** WCAG 2.2 basics: a language, a title, one heading, and an accessible name for each control. */
async function expectAccessible(page: Page): Promise<void> {
  const found = await page.evaluate(`({
    language: document.documentElement.lang,
    title: document.title,
    headings: document.querySelectorAll('h1').length,
    landmarks: document.querySelectorAll('main').length,
    nameless: [...document.querySelectorAll('input:not([type=hidden]), button')]
      .filter((each) => (each.labels?.length ?? 0) === 0 && each.textContent.trim() === '').length,
  })`);
  expect(found).toEqual({
    language: 'en',
    title: expect.stringMatching(/\S/),
    headings: 1,
    landmarks: 1,
    nameless: 0,
  });
}

const focused = async (page: Page): Promise<unknown> => await page.evaluate('document.activeElement.id');

describe('A user who resets the password', () => {
  itInBrowser(
    'can do so with the keyboard only',
    async () => {
      const user = await factory.user();
      const opened = await open('/account/forgot-password');
      const { page, origins } = opened;
      await expectAccessible(page);
      await page.keyboard.press('Tab');
      expect(await focused(page)).toBe('email');
      await page.keyboard.type(user.email);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Check your inbox' }).waitFor();
      await expectAccessible(page);

      const [mail] = await mailbox.mailsTo(user.email);
      await page.goto(mail?.links[0] ?? '');
      await expectAccessible(page);
      await page.keyboard.press('Tab');
      expect(await focused(page)).toBe('new-password');
      await page.keyboard.type('short');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').getByText('at least 15 characters').waitFor();
      await expectAccessible(page);
      expect(await focused(page)).toBe('new-password');
      await page.keyboard.type(newPassword);
      // Past the control that shows the password.
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Space');
      await page.getByRole('heading', { name: 'Your password was changed' }).waitFor();
      await expectAccessible(page);

      await expect(api.logIn({ email: user.email, password: newPassword })).resolves.toHaveProperty('accessToken');
      await page.goto(mail?.links[0] ?? '');
      await page.getByRole('heading', { name: 'This link no longer works' }).waitFor();
      await expectAccessible(page);
      await page.getByRole('link', { name: 'Request another email' }).press('Enter');
      await page.waitForURL(`${base}/account/forgot-password`);
      expect(unexpectedErrors(opened)).toEqual([]);
      expect([...origins]).toEqual([base]);
    },
    timeoutMs,
  );
});

describe('A user who logs in with a magic link', () => {
  itInBrowser(
    'can open the link only in the browser that requested it',
    async () => {
      const user = await factory.user();
      const { page } = await open('/account/request-magic-link');
      await expectAccessible(page);
      await page.getByLabel('Email address').fill(user.email);
      await page.getByRole('button', { name: 'Send the email' }).press('Enter');
      await page.getByRole('heading', { name: 'Check your inbox' }).waitFor();
      const [mail] = await mailbox.mailsTo(user.email);
      const link = mail?.links[0] ?? '';

      const otherBrowser = await openPage(await openBrowser(new URL(base).hostname), link);
      await otherBrowser.page.getByRole('button', { name: 'Log in' }).press('Enter');
      await otherBrowser.page.getByRole('heading', { name: 'This link no longer works' }).waitFor();

      await page.goto(link);
      await expectAccessible(page);
      await page.getByRole('button', { name: 'Log in' }).press('Enter');
      await page.waitForURL(`${base}/admin/#/account`);
      await page.goto(`${base}/account/login`);
      await page.getByText(`logged in as ${user.email}`).waitFor();
      await expectAccessible(page);
    },
    timeoutMs,
  );
});

describe('The log', () => {
  it('contains no one-time token and no email address', async () => {
    const user = await factory.user();
    await api.post('/v1/auth/password/forgot', { email: user.email });
    const token = await mailbox.tokenFor(user.email);
    await api.get(`/account/reset-password?token=${token}`);
    await api.post('/account/reset-password', { token, newPassword });
    await api.get('/livez');

    expect(service.output).toContain('authn_password_reset_requested');
    expect(service.output).not.toContain(token);
    expect(service.output).not.toContain(user.email);
  });
});
