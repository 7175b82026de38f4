import { describe, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { itInBrowser } from '../harness/browser/browser.ts';
import { startBrowserService } from '../harness/browser/browser-service.ts';
import { Factory } from '../harness/database/factory.ts';

const timeoutMs = 180_000;

const { api, database, open } = await startBrowserService();
const factory = new Factory(database);

async function authorize(page: Page, token: string): Promise<void> {
  await page.click('.btn.authorize');
  const bearer = page.locator('.auth-container', { hasText: /bearer/i });
  await bearer.locator('input').first().fill(token);
  await bearer.locator('button.authorize').first().click();
  await page.click('.btn-done');
}

async function openOperation(page: Page, name: string): Promise<void> {
  await page.click(`#operations-${name} .opblock-summary-control`);
}

/** Executes an operation that is open, and returns the response that is shown. */
async function tryOut(page: Page, name: string): Promise<string> {
  const operation = page.locator(`#operations-${name}`);
  await operation.locator('.execute').click();
  await operation.locator('.live-responses-table .response-col_status').nth(1).waitFor();
  return (await operation.locator('.live-responses-table').textContent()) ?? '';
}

/** The names of the parameters that Swagger UI would send by default. */
async function filledIn(page: Page, name: string): Promise<Record<string, string>> {
  const rows = page.locator(`#operations-${name} tr[data-param-name]`);
  await rows.first().waitFor();
  const filled = await Promise.all(
    (await rows.all()).map(async (row) => [
      (await row.getAttribute('data-param-name')) ?? '',
      await row.locator('input, select').first().inputValue(),
    ]),
  );
  return Object.fromEntries(filled.filter(([, value]) => value !== '')) as Record<string, string>;
}

describe('/docs', () => {
  itInBrowser(
    'executes an operation, which returns a problem to an unauthorized user and none to an authorized one, also after a reload',
    async () => {
      const user = await factory.user();
      const { accessToken } = await api.tokensOf(user);
      const { page, consoleErrors } = await open('/docs#/users/getMe');
      const refused = await tryOut(page, 'users-getMe');
      expect(refused).toContain('401');
      expect(refused).toContain('/problems/');

      await authorize(page, accessToken);
      await page.locator('#operations-users-getMe .execute').click();
      await page.locator('#operations-users-getMe .live-responses-table', { hasText: user.email }).waitFor();
      await page.reload();
      const shown = await tryOut(page, 'users-getMe');
      expect(shown).toMatch(/^.*200/);
      expect(shown).toContain(user.email);
      // The browser reports the status of the first response.
      expect(consoleErrors.filter((text) => !text.includes('401'))).toEqual([]);
    },
    timeoutMs,
  );

  itInBrowser(
    'is authorized by the execution of a login, until a logout, and fills in what operations require',
    async () => {
      const { email, password } = await factory.admin();
      const { page, consoleErrors } = await open('/docs#/auth/login');
      await page.locator('#operations-auth-login textarea').fill(JSON.stringify({ email, password }));
      expect(await tryOut(page, 'auth-login')).toMatch(/^.*200/);

      await openOperation(page, 'users-getMe');
      expect(await tryOut(page, 'users-getMe')).toContain(email);
      // No filters.
      await openOperation(page, 'users-listUsers');
      expect(await filledIn(page, 'users-listUsers')).toEqual({ limit: '20', sort: '-createdAt' });
      expect(await tryOut(page, 'users-listUsers')).toContain(email);
      await openOperation(page, 'users-updateMe');
      expect(await filledIn(page, 'users-updateMe')).toMatchObject({ 'If-Match': '*' });

      await openOperation(page, 'auth-logout');
      expect(await tryOut(page, 'auth-logout')).toMatch(/^.*204/);
      await page.locator('#operations-users-getMe .execute').click();
      await page.locator('#operations-users-getMe .live-responses-table', { hasText: '401' }).waitFor();
      // The browser reports the status of the last response.
      expect(consoleErrors.filter((text) => !text.includes('401'))).toEqual([]);
    },
    timeoutMs,
  );
});
