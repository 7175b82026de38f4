import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { itInBrowser } from '../harness/browser/browser.ts';
import { startBrowserService } from '../harness/browser/browser-service.ts';
import { Factory } from '../harness/database/factory.ts';
import { createJob } from '../harness/http/job-calls.ts';

const timeoutMs = 180_000;

const { api, base, database, open } = await startBrowserService({ GRAPHQL: 'on' });
const factory = new Factory(database);

async function authorize(page: Page, token: string): Promise<void> {
  await page.getByLabel('Access token or API key').fill(token);
  await page.getByRole('button', { name: 'Use' }).click();
}

async function execute(page: Page): Promise<void> {
  // The editor is loaded after the page.
  await page.locator('.graphiql-query-editor .CodeMirror', { hasText: 'email' }).waitFor();
  await page.getByRole('button', { name: /execute query/i }).click();
}

/** Replaces the document by a subscription. Typing it would close each brace twice. */
async function enterSubscription(page: Page, name: string, field: string): Promise<void> {
  const editor = page.locator('.graphiql-query-editor .CodeMirror');
  await editor.waitFor();
  await editor.evaluate((element, text) => {
    (element as unknown as { CodeMirror: { setValue: (value: string) => void } }).CodeMirror.setValue(text);
  }, `subscription ${name} { ${field} }`);
  // The page has read the document.
  await page.getByRole('tab', { name }).waitFor();
}

describe('GraphiQL', () => {
  it('has a policy without inline scripts, and without other origins', async () => {
    const { headers, text } = await api.get('/graphiql/');
    const [nonce = ''] = /'nonce-[^']+'/.exec(headers['content-security-policy'] ?? '') ?? [];

    expect((await api.get('/graphiql')).headers['location']).toBe('graphiql/');
    expect(headers['content-security-policy']).toBe(
      `default-src 'none';script-src 'self';style-src 'self' ${nonce};img-src data:;font-src data:;connect-src 'self';` +
        "base-uri 'none';form-action 'none';frame-ancestors 'none'",
    );
    expect(text).toContain(`nonce="${nonce.slice("'nonce-".length, -1)}"`);
  });

  itInBrowser.each([
    { width: 1280, height: 800, colorScheme: 'light' },
    { width: 390, height: 844, colorScheme: 'dark' },
  ] as const)(
    'executes a query with the credentials of the user, and shows the schema: $width × $height, $colorScheme',
    async ({ width, height, colorScheme }) => {
      const user = await factory.user();
      const { accessToken } = await api.tokensOf(user);
      const { page, consoleErrors, origins } = await open('/graphiql', { viewport: { width, height }, colorScheme });
      await execute(page);
      await page.locator('.result-window', { hasText: 'unauthenticated' }).waitFor();

      await authorize(page, accessToken);
      await execute(page);
      await page.locator('.result-window', { hasText: user.email }).waitFor();
      await page.getByRole('button', { name: /show documentation explorer/i }).click();
      await page.locator('.graphiql-doc-explorer', { hasText: 'Mutation' }).waitFor();
      await page.getByRole('button', { name: /open settings dialog/i }).click();
      await page.getByRole('dialog', { name: /settings/i }).waitFor();

      // The browser reports the status of the first response.
      expect(consoleErrors.filter((text) => !text.includes('401'))).toEqual([]);
      expect([...origins]).toEqual([base]);
    },
    timeoutMs,
  );

  itInBrowser(
    'shows the events of a subscription as they happen, and the problem of one that fails',
    async () => {
      const admin = await factory.admin();
      const asAdmin = api.as(admin);
      const runAt = new Date(Date.now() + 3_600_000).toISOString();
      const id = await createJob(asAdmin, { type: 'account.export', payload: {}, runAt });
      const { accessToken } = await api.tokensOf(admin);
      const { page, consoleErrors } = await open('/graphiql');
      await authorize(page, accessToken);
      await enterSubscription(page, 'Events', `jobEvents(id: "${id}") { kind state }`);

      await page.getByRole('button', { name: /execute query/i }).click();
      await page.locator('.result-window', { hasText: '"scheduled"' }).waitFor();
      await asAdmin.post(`/v1/jobs/${id}/cancel`);
      await page.locator('.result-window', { hasText: '"cancelled"' }).waitFor();

      await enterSubscription(page, 'Missing', `jobEvents(id: "${admin.id}") { kind }`);
      await page.getByRole('button', { name: /execute query/i }).click();
      await page.locator('.result-window', { hasText: 'not-found' }).waitFor();
      expect(consoleErrors.filter((text) => !text.includes('401'))).toEqual([]);
    },
    timeoutMs,
  );
});
