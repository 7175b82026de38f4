import { afterEach, describe, expect, it } from '@jest/globals';
import type { BrowserContext, Page } from 'playwright-core';
import { Api } from './support/api.ts';
import type { Visit } from './support/browser.ts';
import { itInBrowser, launchBrowser, visit } from './support/browser.ts';
import { createDatabase } from './support/database.ts';
import { Given } from './support/given.ts';
import { Mailbox } from './support/mailbox.ts';
import { atTheEnd, scratchFolder, ServiceProcess } from './support/process.ts';
import { freePort } from './support/running.ts';

const timeoutMs = 180_000;
const hostName = 'app.test';
const newPassword = 'a password that was typed in a browser';

const database = await createDatabase();
atTheEnd(database.drop);
const port = String(await freePort());
const base = `http://${hostName}:${port}`;
const service = ServiceProcess.start(scratchFolder(), {
  DATABASE_URL: database.url,
  PORT: port,
  PUBLIC_URL: base,
  AUTH_MAGIC_LINK: 'true',
});
const api = new Api(await service.url());
const given = new Given(database);
const mailbox = new Mailbox(api);

let browser: BrowserContext | undefined;

afterEach(async () => {
  await browser?.close();
  browser = undefined;
});

async function open(path: string): Promise<Visit> {
  browser ??= await launchBrowser(hostName);
  return await visit(browser, `${base}${path}`);
}

/** What everybody needs to find their way: a language, a title, one heading, and a name for whatever can be used. */
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

describe('Somebody who has forgotten the password', () => {
  itInBrowser(
    'gets a new one with the keyboard alone',
    async () => {
      const user = await given.user();
      const { page, complaints, origins } = await open('/account/forgot-password');
      await expectAccessible(page);
      await page.keyboard.press('Tab');
      expect(await focused(page)).toBe('email');
      await page.keyboard.type(user.email);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Look into your mailbox' }).waitFor();
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
      await page.keyboard.press('Tab');
      await page.keyboard.press('Space');
      await page.getByRole('heading', { name: 'Your password is changed' }).waitFor();
      await expectAccessible(page);

      await expect(api.logIn({ email: user.email, password: newPassword })).resolves.toHaveProperty('accessToken');
      await page.goto(mail?.links[0] ?? '');
      await page.getByLabel('Password').fill(newPassword);
      await page.getByRole('button').press('Enter');
      await page.getByRole('heading', { name: 'This link no longer works' }).waitFor();
      await expectAccessible(page);
      await page.getByRole('link', { name: 'Ask for another mail' }).press('Enter');
      await page.waitForURL(`${base}/account/forgot-password`);
      // Chromium writes a line of its own for each 4xx; a policy that was broken would be another.
      expect(complaints.filter((each) => !/status of 4\d\d/.test(each))).toEqual([]);
      expect([...origins]).toEqual([base]);
    },
    timeoutMs,
  );
});

describe('Somebody who logs in by mail', () => {
  itInBrowser(
    'is let in by the browser that has asked, and by no other',
    async () => {
      const user = await given.user();
      const { page } = await open('/account/request-magic-link');
      await expectAccessible(page);
      await page.getByLabel('E-mail address').fill(user.email);
      await page.getByRole('button', { name: 'Send the mail' }).press('Enter');
      await page.getByRole('heading', { name: 'Look into your mailbox' }).waitFor();
      const [mail] = await mailbox.mailsTo(user.email);
      const link = mail?.links[0] ?? '';

      const stranger = await visit(await launchBrowser(hostName), link);
      await stranger.page.getByRole('button', { name: 'Log in' }).press('Enter');
      await stranger.page.getByRole('heading', { name: 'This link no longer works' }).waitFor();

      await page.goto(link);
      await expectAccessible(page);
      await page.getByRole('button', { name: 'Log in' }).press('Enter');
      await page.getByRole('heading', { name: 'You are logged in' }).waitFor();
      await expectAccessible(page);
      const accessToken = await page.getByLabel('Access token').inputValue();
      expect((await api.get('/v1/users/me', { Authorization: `Bearer ${accessToken}` })).body).toMatchObject({
        id: user.id,
      });
    },
    timeoutMs,
  );
});

describe('The log', () => {
  it('names no token of a link and no address', async () => {
    const user = await given.user();
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
