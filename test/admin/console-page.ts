import { text } from 'node:stream/consumers';
import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import type { BrowserPage } from '../harness/browser/browser.ts';
import { openBrowser, openPage } from '../harness/browser/browser.ts';
import type { UserCredentials } from '../harness/http/api.ts';

/** The console in a new browser; without a user, the login. */
export async function openConsole(
  serviceUrl: string,
  { user, path = '', ...options }: { user?: UserCredentials; path?: string } & BrowserContextOptions = {},
): Promise<BrowserPage> {
  // Without animations, an element can be used when it is in the page.
  const wide = { viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' } as const;
  const browser = await openBrowser('console.localhost', { ...wide, ...options });
  const opened = await openPage(browser, `${serviceUrl}/admin/${path}`);
  if (user !== undefined) await logIn(opened.page, user);
  return opened;
}

/** Sends the form of the login. */
export async function logIn(page: Page, { email, password }: UserCredentials): Promise<void> {
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
}

export function heading(page: Page, name: string): Locator {
  return page.getByRole('heading', { level: 1, name, exact: true });
}

/** The file that the browser saves when this button is pressed. */
export async function downloaded(page: Page, button: string): Promise<{ name: string; content: string }> {
  const pressed = page.getByRole('button', { name: button, exact: true }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), pressed]);
  return { name: download.suggestedFilename(), content: await text(await download.createReadStream()) };
}

/** React-router warns of a URL that was typed by hand, below a form that blocks leaving it. */
const typedUrl = /use a blocker on a POP navigation/;

/** What the browser has logged, but for the lines that it writes for each response of these statuses. */
export function unexpectedErrors({ consoleErrors }: BrowserPage, expectedStatuses: readonly number[]): string[] {
  const expected = new RegExp(`Failed to load resource: .* status of (${expectedStatuses.join('|')})`);
  return consoleErrors.filter((line) => !expected.test(line) && !typedUrl.test(line));
}
