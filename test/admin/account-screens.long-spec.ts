import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { Secret, TOTP } from 'otpauth';
import type { BrowserContext, Locator, Page } from 'playwright-core';
import { freePort } from '../../src/platform/dev-postgres/server.ts';
import { axeViolations } from '../harness/browser/axe.ts';
import type { BrowserPage } from '../harness/browser/browser.ts';
import { itInBrowser, openBrowser, openPage } from '../harness/browser/browser.ts';
import { contentShown, logInByCookie } from '../harness/browser/screens.ts';
import { createDatabase } from '../harness/database/database.ts';
import type { FactoryUser } from '../harness/database/factory.ts';
import { Factory } from '../harness/database/factory.ts';
import { Api } from '../harness/http/api.ts';
import { clientSecret, startOpenIdProvider } from '../harness/openid/openid-provider.ts';
import { onTeardown, ServiceProcess, temporaryFolder } from '../harness/process/service-process.ts';
import { downloaded } from './console-page.ts';

/* What users do with their own account in the console, from the first change to the deletion. */

const timeoutMs = 180_000;
const database = await createDatabase();
onTeardown(database.drop);
const factory = new Factory(database);
const port = String(await freePort());
// Browsers have passkeys on localhost, also without HTTPS.
const base = `http://localhost:${port}`;
const { issuer } = await startOpenIdProvider(base);
const variables = {
  DATABASE_URL: database.url,
  PORT: port,
  PUBLIC_URL: base,
  AUTH_OAUTH_PROVIDERS: JSON.stringify({ acme: { clientId: 'plinth', clientSecret, issuer } }),
  AUTH_OAUTH_REDIRECTS: 'https://app.example.com/callback',
};
const service = ServiceProcess.start(temporaryFolder(), variables);
const api = new Api(await service.url());

let user: FactoryUser;
let browser: BrowserContext;
let opened: BrowserPage;
let page: Page;

beforeAll(async () => {
  user = await factory.admin({ email: 'ada@example.com', displayName: 'Ada' });
  browser = await openBrowser('localhost', { viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  await logInByCookie(browser, base, user);
  opened = await openPage(browser, `${base}/admin/#/account`);
  ({ page } = opened);
}, timeoutMs);

afterAll(async () => {
  await browser.close();
});

async function openTab(name: string): Promise<void> {
  // A test that failed may have left a dialog open.
  await page.reload();
  await page.getByRole('tab', { name }).click();
  await contentShown(page);
  expect(await axeViolations(page)).toEqual([]);
}

async function dialog(name: string): Promise<Locator> {
  const shown = page.getByRole('dialog', { name, exact: true });
  await shown.waitFor();
  expect(await axeViolations(page)).toEqual([]);
  return shown;
}

const button = (within: Page | Locator, name: string): Locator => within.getByRole('button', { name, exact: true });

/** A button of a table, and the same in the dialog that confirms it. */
async function confirmed(name: string, row: string): Promise<void> {
  await button(page.getByRole('row').filter({ hasText: row }), name).click();
  await button(page.getByRole('dialog'), name).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

async function secretsIn(shown: Locator): Promise<string[]> {
  return await shown.getByRole('listitem').allTextContents();
}

/** The login was long ago. */
async function ageLogins(): Promise<void> {
  await database.pool.query(`UPDATE sessions SET auth_time = auth_time - interval '1 day'`);
  await page.reload();
  await contentShown(page);
}

describe('A user in the console', () => {
  itInBrowser(
    'changes the profile, knowing what was changed meanwhile',
    async () => {
      await openTab('Profile');
      const patched = await api.as(user).patch('/v1/users/me', { displayName: 'Countess' }, { 'If-Match': '*' });
      expect(patched.status).toBe(200);

      await page.getByLabel('Name').fill('Ada <script>alert(1)</script> 🦊 עדה');
      await page.getByLabel('Language').selectOption('de-AT');
      await page.getByLabel('Time zone').selectOption('Europe/Vienna');
      await button(page, 'Save').click();
      const conflict = await dialog('Changed by another user');
      await button(conflict, 'Save').click();
      await page.getByText('Your profile was saved').waitFor();

      const { body } = await api.as(user).get('/v1/users/me');
      expect(body).toMatchObject({
        displayName: 'Ada <script>alert(1)</script> 🦊 עדה',
        locale: 'de-AT',
        timezone: 'Europe/Vienna',
      });
    },
    timeoutMs,
  );

  itInBrowser(
    'changes the password, and stays logged in',
    async () => {
      await openTab('Password and factors');
      await button(page, 'Change the password').click();
      const form = await dialog('Change the password');
      await form.getByLabel('Current password').fill(user.password);
      await form.getByLabel('New password').fill('short');
      await button(form, 'Change').click();
      await form.getByText('Must have at least').first().waitFor();

      const password = 'another correct horse battery staple';
      await form.getByLabel('New password').fill(password);
      await button(form, 'Change').click();
      await form.waitFor({ state: 'detached' });
      user = { ...user, password };
      await page.reload();
      await page.getByRole('heading', { name: 'Your account', level: 1 }).waitFor();
    },
    timeoutMs,
  );

  itInBrowser(
    'ends another session, and all others at once',
    async () => {
      const logIn = async (userAgent: string): Promise<void> => {
        const reply = await api.post(
          '/v1/auth/login',
          { email: user.email, password: user.password },
          { 'User-Agent': userAgent },
        );
        expect(reply.status).toBe(200);
      };
      for (const userAgent of ['Old browser', 'Older browser', 'Oldest browser']) await logIn(userAgent);
      await openTab('Sessions');
      await page.getByText('This session').waitFor();
      await confirmed('Log out', 'Old browser');
      await page.getByText('Old browser').waitFor({ state: 'detached' });
      expect(await page.getByText('Older browser').count()).toBe(1);

      await button(page, 'Log out everywhere else').click();
      await button(page.getByRole('dialog'), 'Log out everywhere else').click();
      await page.getByText('Older browser').waitFor({ state: 'detached' });
      await page.getByText('Oldest browser').waitFor({ state: 'detached' });
      expect(await page.getByText('This session').count()).toBe(1);
    },
    timeoutMs,
  );

  itInBrowser(
    'adds an authenticator app by its key after a step-up, gets recovery codes, and replaces them',
    async () => {
      await ageLogins();
      await openTab('Password and factors');
      await button(page, 'Add an authenticator app').click();
      const name = await dialog('Add an authenticator app');
      await name.getByLabel('Name').fill('Phone');
      await button(name, 'Continue').click();
      const stepUp = await dialog('Confirm that it is you');
      await stepUp.getByLabel('Password').fill(user.password);
      await button(stepUp, 'Confirm').click();
      const scan = await dialog('Scan the QR code');
      const picture = scan.getByRole('img', { name: 'QR code' });
      expect(await picture.evaluate((image) => Reflect.get(image, 'naturalWidth') as number)).toBeGreaterThan(0);
      const secret = (await scan.locator('code').textContent()) ?? '';
      const totp = new TOTP({ secret: Secret.fromBase32(secret) });
      await scan.getByLabel('Code that the app shows').fill('000000');
      await button(scan, 'Activate').click();
      await scan.getByRole('alert').waitFor();
      await scan.getByLabel('Code that the app shows').fill(totp.generate());
      await button(scan, 'Activate').click();

      const codes = await dialog('Recovery codes');
      const first = await secretsIn(codes);
      expect(first).toHaveLength(10);
      expect((await downloaded(page, 'Download')).content).toBe(`${first.join('\n')}\n`);
      await button(codes, 'I have stored them').click();
      await page.getByRole('cell', { name: 'Phone' }).waitFor();
      await page.getByText('10 codes are left.').waitFor();

      await button(page, 'Create new codes').click();
      await button(page.getByRole('dialog', { name: 'Create new recovery codes?' }), 'Create new codes').click();
      const confirm = await dialog('Confirm that it is you');
      // The code of the present step has been used.
      await confirm.getByLabel('Code').fill(totp.generate({ timestamp: Date.now() + 30_000 }));
      await button(confirm, 'Confirm').click();
      const next = await dialog('Recovery codes');
      expect(await secretsIn(next)).not.toEqual(first);
      await button(next, 'I have stored them').click();
    },
    timeoutMs,
  );

  itInBrowser(
    'adds, renames and deletes a passkey',
    async () => {
      await openTab('Password and factors');
      await button(page, 'Add a passkey').click();
      const add = await dialog('Add a passkey');
      await add.getByLabel('Name').fill('Laptop');
      // After the check with axe, whose session of the developer tools removes authenticators when it ends.
      const devTools = await browser.newCDPSession(page);
      await devTools.send('WebAuthn.enable');
      await devTools.send('WebAuthn.addVirtualAuthenticator', {
        options: {
          ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
          ...{ isUserVerified: true, automaticPresenceSimulation: true },
        },
      });
      await button(add, 'Continue').click();
      const passkeys = page.getByRole('table', { name: 'Passkeys' });
      await passkeys.getByRole('cell', { name: 'Laptop' }).waitFor();

      await button(passkeys, 'Rename').click();
      const rename = await dialog('Rename the passkey');
      await rename.getByLabel('Name').fill('Desk');
      await button(rename, 'Save').click();
      await passkeys.getByRole('cell', { name: 'Desk' }).waitFor();
      await button(passkeys.getByRole('row').filter({ hasText: 'Desk' }), 'Delete').click();
      await button(page.getByRole('dialog', { name: 'Delete Desk?' }), 'Delete').click();
      await page.getByText('You have no passkeys.').waitFor();
    },
    timeoutMs,
  );

  itInBrowser(
    'creates an API key with some of the own permissions, rotates it, and revokes both',
    async () => {
      await openTab('API keys');
      await button(page, 'Create an API key').click();
      const form = await dialog('Create an API key');
      await form.getByLabel('Name').fill('Backup');
      await form.getByLabel('users:read').check();
      await form.getByLabel('Expires after').selectOption('365');
      await button(form, 'Create').click();
      const shown = await dialog('API key');
      const [key = ''] = await secretsIn(shown);
      expect((await api.get('/v1/users?limit=1', { 'X-API-Key': key })).status).toBe(200);
      expect((await api.get('/v1/audit-events', { 'X-API-Key': key })).status).toBe(403);
      await button(shown, 'I have stored it').click();

      await button(page.getByRole('row').filter({ hasText: 'Backup' }), 'Rotate').click();
      await button(await dialog('Rotate the API key'), 'Rotate').click();
      const rotated = await dialog('API key');
      const [next = ''] = await secretsIn(rotated);
      expect((await api.get('/v1/users?limit=1', { 'X-API-Key': next })).status).toBe(200);
      await button(rotated, 'I have stored it').click();

      // The newer one is in the first row.
      for (const prefix of [next, key].map((each) => each.slice(0, 'sk_development_'.length + 8))) {
        await confirmed('Revoke', prefix);
      }
      await page.getByText('You have no API keys.').waitFor();
      expect((await api.get('/v1/users?limit=1', { 'X-API-Key': next })).status).toBe(401);
    },
    timeoutMs,
  );

  itInBrowser(
    'links an account at a provider, unlinks it, and sees what happened with the account',
    async () => {
      // In a page of its own: it visits another origin, which the last test excludes.
      const { page: other } = await openPage(browser, `${base}/admin/#/account?tab=identities`);
      await button(other, 'Link an account at acme').click();
      await other.locator('input[name=login]').fill('ada');
      await other.locator('input[name=password]').fill('any');
      await other.locator('button[type=submit]').click();
      await other.locator('button[type=submit]').click();
      await other.getByText('The account was linked').waitFor();
      expect(other.url()).toBe(`${base}/admin/#/account?tab=identities`);
      await other.close();

      await openTab('Linked accounts');
      await confirmed('Unlink', 'acme');
      await page.getByText('No account at a provider is linked.').waitFor();
      await openTab('Security events');
      await page.getByRole('table', { name: 'Security events' }).getByText('authn_password_change').first().waitFor();
    },
    timeoutMs,
  );

  itInBrowser(
    'exports the account, deletes it, and is logged out',
    async () => {
      // The last administrator cannot be deleted.
      await factory.admin();
      await openTab('Your data');
      await button(page, 'Create the file').click();
      const { content } = await downloaded(page, 'Download the file');
      expect(JSON.stringify(JSON.parse(content))).toContain(user.email);

      await button(page, 'Delete your account').click();
      await button(page.getByRole('dialog', { name: 'Delete your account?' }), 'Delete your account').click();
      await page.getByRole('heading', { name: 'Log in', level: 1 }).waitFor();
      const { rows } = await database.pool.query('SELECT 1 FROM users WHERE id = $1 AND deleted_at IS NOT NULL', [
        user.id,
      ]);
      expect(rows).toHaveLength(1);
      expect([...opened.origins]).toEqual([base]);
      // Requests are cancelled when the page no longer needs them.
      const expected = new RegExp(`status of 4(00|01|12|22)|^failed: ${base}/v1/`);
      expect(opened.consoleErrors.filter((line) => !expected.test(line))).toEqual([]);
    },
    timeoutMs,
  );
});
