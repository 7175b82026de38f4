import { describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { itInBrowser } from '../harness/browser/browser.ts';
import { startBrowserService } from '../harness/browser/browser-service.ts';
import { root } from '../harness/process/service-process.ts';

/* docs.long-spec.ts executes operations on the page. */

const timeoutMs = 180_000;

const { api, base, open } = await startBrowserService();

function committedDocument(): string {
  return fs.readFileSync(join(root, 'docs/openapi.json'), 'utf8');
}

describe('/docs', () => {
  itInBrowser(
    'shows the first operations on the first screen, and filters them, without requests to other hosts',
    async () => {
      const { page, consoleErrors, origins } = await open('/docs');
      const register = page.locator('#operations-auth-register');
      await register.waitFor();

      expect(await page.title()).toBe('Plinth reference');
      expect((await register.boundingBox())?.y).toBeLessThan(720);
      expect(await page.locator('.opblock-tag').first().textContent()).toContain('auth');
      await page.locator('#operations-users-getMe').waitFor();
      await page.getByLabel('Filter operations').fill('delete users');
      await register.waitFor({ state: 'detached' });
      const shown = await page.locator('.opblock-summary-path').allTextContents();
      expect(shown.length).toBeGreaterThan(1);
      expect(shown.filter((path) => !path.includes('users'))).toEqual([]);
      expect(consoleErrors).toEqual([]);
      expect([...origins]).toEqual([base]);
    },
    timeoutMs,
  );
});

describe('The document', () => {
  it('is docs/openapi.json, byte for byte', async () => {
    const { text, headers } = await api.get('/docs/openapi.json');

    expect(headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-cache' });
    // Not toBe: the diff would be 200 KB.
    if (text !== committedDocument()) throw new Error('They differ: npm run generate:docs');
  });

  it.each(['/docs/openapi.json', '/docs/openapi.yaml'])('returns 304 for its current ETag: %s', async (path) => {
    const { etag = '' } = (await api.get(path)).headers;

    expect(etag).toMatch(/^"[\w-]{43}"$/);
    expect(await api.get(path, { 'If-None-Match': etag })).toMatchObject({ status: 304, text: '' });
    expect((await api.get(path, { 'If-None-Match': '"other"' })).status).toBe(200);
  });

  it('is the same as JSON and as YAML', async () => {
    const json = await api.get('/docs/openapi.json');
    const yaml = await api.get('/docs/openapi.yaml');

    expect([json.status, yaml.status]).toEqual([200, 200]);
    expect(json.headers['content-type']).toMatch(/^application\/json/);
    expect(yaml.headers['content-type']).toMatch(/yaml/);
    expect(json.body).toMatchObject({ openapi: expect.stringMatching(/^3\.1\./) });
    expect(parse(yaml.text)).toEqual(json.body);
  });
});

describe('/dev/mailbox', () => {
  itInBrowser(
    'shows the email of a registration, whose link leads to a button that confirms the email address',
    async () => {
      const account = { email: 'new.by.browser@example.com', password: 'a password of the tests' };
      expect((await api.post('/v1/auth/register', account)).status).toBe(202);
      const { page, consoleErrors, origins } = await open('/dev/mailbox');
      const row = page.getByRole('listitem').filter({ hasText: `to ${account.email}` });
      await row.getByRole('link', { name: 'Confirm your email address' }).click();
      await page.frameLocator('iframe').getByRole('link', { name: 'Confirm this email address' }).waitFor();
      // In the zone of the browser.
      await page.locator('time[title$=" UTC"]').waitFor();

      await page.getByRole('link', { name: 'Open the link' }).click();
      await page.waitForURL(/\/account\/verify-email\?token=/);
      // A mail scanner opens the page too: that must not confirm the email address.
      expect((await api.post('/v1/auth/login', account)).status).not.toBe(200);
      await page.getByRole('button', { name: 'Confirm' }).click();
      await page.getByText('Your email address is confirmed').waitFor();

      await expect(api.logIn(account)).resolves.toHaveProperty('accessToken');
      expect(consoleErrors).toEqual([]);
      expect([...origins]).toEqual([base]);
    },
    timeoutMs,
  );
});
