import { afterEach, describe, expect, it } from '@jest/globals';
import type { BrowserContext, Page, Route } from 'playwright-core';
import { startApp } from '../harness/app/app.ts';
import { axeViolations } from '../harness/browser/axe.ts';
import type { BrowserPage } from '../harness/browser/browser.ts';
import { itInBrowser } from '../harness/browser/browser.ts';
import { logInByCookie, visitScreens } from '../harness/browser/screens.ts';
import type { ApiResponse } from '../harness/http/api.ts';
import { codeOf, MfaFlows } from '../harness/http/mfa-flows.ts';
import { ReverseProxy } from '../harness/http/reverse-proxy.ts';
import { heading, logIn, openConsole, unexpectedErrors } from './console-page.ts';
import { consoleScreens } from './console-screens.ts';
import { createDemoData } from './demo-data.ts';

/* Every screen of the admin console, in every view, as each kind of user; and what a screen does when something fails. */

const timeoutMs = 1_800_000;
const prefix = '/apps/backend';
const proxy = await ReverseProxy.start({ prefix, compresses: true });
const running = await startApp({
  PUBLIC_URL: proxy.url,
  AUTH_ROLES: JSON.stringify({ auditor: ['audit:read'] }),
  AUTH_MFA_REQUIRED_ROLES: 'auditor',
});
const { api, factory, database, invalidationsDelivered } = running;
proxy.target = api.baseUrl;
const data = await createDemoData(running);
// Tests revoke the sessions of the administrator in the browser.
const asAdmin = api.as(await factory.admin());
const screens = consoleScreens(data);

let opened: BrowserPage | undefined;

afterEach(async () => {
  await opened?.page.context().close();
  opened = undefined;
});

async function open(options: Parameters<typeof openConsole>[1]): Promise<Page> {
  opened = await openConsole(api.baseUrl, options);
  return opened.page;
}

/** Opens the form of a new user as the administrator, filled in. */
async function openEdit(name: string): Promise<{ page: Page; id: string; saved: () => Promise<ApiResponse> }> {
  const { id } = await factory.user();
  const page = await open({ user: data.admin, path: `#/users/${id}` });
  await page.getByLabel('Name').fill(name);
  return { page, id, saved: async () => await asAdmin.get(`/v1/users/${id}`) };
}

const problem = (status: number, code: string): Parameters<Route['fulfill']>[0] => ({
  status,
  headers: { 'retry-after': '1', 'x-request-id': 'failed-request', 'content-type': 'application/problem+json' },
  body: JSON.stringify({ type: '/problems/x', title: 'Not now', status, code, instance: 'urn:request:x' }),
});

/** Six minutes later, after which the console reads again what the user may do. */
async function returnToTab(page: Page): Promise<void> {
  await page.clock.setFixedTime(Date.now() + 360_000);
  const read = page.waitForResponse('**/v1/users/me');
  await page.evaluate("window.dispatchEvent(new Event('visibilitychange'))");
  await read;
}

describe('Each screen of the admin console', () => {
  itInBrowser(
    'has no serious accessibility violation, fits its width, and loads nothing from elsewhere',
    async () => {
      const problems: string[] = [];
      const watched = new WeakSet<BrowserContext>();
      await visitScreens({
        baseUrl: api.baseUrl,
        screens,
        visit: async (page, { name }, view) => {
          const add = (problem: string): unknown => problems.push(`${name} ${view.name}: ${problem}`);
          if (!watched.has(page.context())) {
            watched.add(page.context());
            page.context().on('request', (request) => request.url().startsWith(api.baseUrl) || add(request.url()));
            page.context().on('weberror', (error) => add(error.error().message));
            page
              .context()
              .on('console', (message) => /Content.Security.Policy/i.test(message.text()) && add(message.text()));
          }
          for (const violation of await axeViolations(page)) add(violation);
          const excess = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
          if (excess !== 0) add(`is ${String(excess)} px wider than the window`);
        },
      });
      expect(problems).toEqual([]);
    },
    timeoutMs,
  );

  itInBrowser(
    'is in the list of screens, if the menu has it',
    async () => {
      const page = await open({ user: data.admin });
      await heading(page, 'Overview').waitFor();
      const links = page.getByRole('navigation', { name: 'Areas' }).getByRole('link');
      const paths = await Promise.all((await links.all()).map(async (link) => await link.getAttribute('href')));
      expect(paths.length).toBeGreaterThan(5);
      expect(paths.filter((path) => !screens.some((screen) => screen.path.startsWith(`/admin/${path ?? ''}`)))).toEqual(
        [],
      );
    },
    timeoutMs,
  );
});

describe('The admin console', () => {
  itInBrowser(
    'works below the path of a proxy',
    async () => {
      opened = await openConsole(proxy.url);
      const { page } = opened;
      await logIn(page, data.admin);
      await page.getByRole('link', { name: 'Users' }).click();
      await page.getByRole('link', { name: 'Grace Hopper' }).click();
      await heading(page, 'Grace Hopper').waitFor();
      await page.reload();
      await heading(page, 'Grace Hopper').waitFor();
      await page.goto(`${proxy.url}/admin`);
      expect(page.url()).toMatch(new RegExp(`^${proxy.url}/admin/`));
      expect(unexpectedErrors(opened, [401])).toEqual([]);
      expect(proxy.passed.filter(({ status }) => status >= 500)).toEqual([]);
    },
    timeoutMs,
  );

  itInBrowser(
    'logs in with a code of an authenticator app',
    async () => {
      const mfa = new MfaFlows(running);
      const user = await mfa.user();
      const page = await open({ user });
      await page.getByLabel('Code').fill('000000');
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByRole('alert').waitFor();
      await mfa.allowReplay(user);
      await page.getByLabel('Code').fill(codeOf(user));
      await page.getByRole('button', { name: 'Continue' }).click();
      await heading(page, 'Your account').waitFor();
    },
    timeoutMs,
  );

  itInBrowser(
    'shows a user who must add a second factor the own account only',
    async () => {
      const page = await open({ user: await factory.user({ roles: ['auditor'] }), path: '#/audit-events' });
      await page.waitForURL(/#\/account/);
      const areas = page.getByRole('navigation', { name: 'Areas' }).getByRole('link');
      expect(await areas.allInnerTexts()).toEqual(['Your account']);
      await page.goto(`${api.baseUrl}/admin/#/audit-events`);
      await page.waitForURL(/#\/account/);
    },
    timeoutMs,
  );

  itInBrowser(
    'requests the login in every tab after a logout in one',
    async () => {
      const page = await open({ user: data.admin });
      await heading(page, 'Overview').waitFor();
      const tab = await page.context().newPage();
      await tab.goto(`${api.baseUrl}/admin/#/users`);
      await heading(tab, 'Users').waitFor();
      await page.getByRole('button', { name: 'Your account' }).click();
      await page.getByRole('menuitem', { name: 'Log out' }).click();
      await heading(page, 'Log in').waitFor();
      await heading(tab, 'Log in').waitFor();
      await logIn(tab, data.admin);
      await heading(tab, 'Users').waitFor();
    },
    timeoutMs,
  );

  itInBrowser(
    'ends the session with the next page after a logout that did not reach the service',
    async () => {
      const page = await open({ user: data.admin });
      await heading(page, 'Overview').waitFor();
      await page.route('**/v1/auth/logout', async (route) => {
        await route.fulfill(problem(503, 'service_unavailable'));
      });
      await page.getByRole('button', { name: 'Your account' }).click();
      await page.getByRole('menuitem', { name: 'Log out' }).click();
      await page.getByText('your session has not ended yet').waitFor();
      await page.reload();
      await heading(page, 'The console cannot start').waitFor();

      await page.unroute('**/v1/auth/logout');
      await page.reload();

      await heading(page, 'Log in').waitFor();
      await expect(page.getByText('has not ended yet').count()).resolves.toBe(0);
      expect(await page.evaluate(async () => (await fetch('../v1/auth/csrf')).status)).toBe(401);
    },
    timeoutMs,
  );

  itInBrowser(
    'sends nothing of its page as another user who has logged in in the browser, and loads a page of theirs',
    async () => {
      const page = await open({ user: data.admin, path: '#/users' });
      await page.getByRole('link', { name: 'Grace Hopper' }).waitFor();
      await logInByCookie(page.context(), api.baseUrl, data.member);
      await asAdmin.delete(`/v1/users/${data.admin.id}/sessions`);
      await invalidationsDelivered();
      const { promise: released, resolve: release } = Promise.withResolvers<undefined>();
      await page.route('**/v1/users/me', async (route) => {
        await released;
        await route.continue();
      });
      const identified = page.waitForRequest('**/v1/users/me');
      await page.getByRole('link', { name: 'Grace Hopper' }).click();
      await identified;
      const jobs = page.waitForResponse('**/v1/jobs?*');
      await page.getByRole('link', { name: 'Jobs', exact: true }).click();
      expect((await jobs).status()).toBe(401);
      release(undefined);
      await heading(page, 'Not permitted').waitFor();
    },
    timeoutMs,
  );

  itInBrowser.each([
    ['stays when a part of it cannot be loaded', false],
    ['loads a new version of itself when a part of the former one is missing', true],
  ])(
    '%s',
    async (_, hasNewVersion) => {
      const page = await open({ user: data.admin, path: '#/account' });
      await heading(page, 'Your account').waitFor();
      await page.evaluate('window.isFormerPage = true');
      let isMissing = true;
      await page.route('**/assets/user-list-*.js', async (route) => {
        if (isMissing) await route.abort('internetdisconnected');
        else await route.continue();
      });
      await page.route('**/admin/', async (route) => {
        isMissing &&= route.request().resourceType() !== 'document';
        if (isMissing && hasNewVersion) await route.fulfill({ body: '<script src="new.js"></script>' });
        else await route.continue();
      });
      await page.getByRole('link', { name: 'Users' }).click();
      if (hasNewVersion) await heading(page, 'Users').waitFor();
      else await page.getByText('This page could not be shown').waitFor();
      expect(await page.evaluate('window.isFormerPage')).toBe(hasNewVersion ? undefined : true);
    },
    timeoutMs,
  );

  itInBrowser.each(['jobs', 'job-schedules'])(
    'shows that the types of a new resource of %s cannot be read, and reads them again',
    async (area) => {
      const page = await open({ user: data.admin });
      await heading(page, 'Overview').waitFor();
      await page.route('**/v1/job-types', async (route) => {
        await route.fulfill(problem(503, 'unavailable'));
      });
      await page.goto(`${api.baseUrl}/admin/#/${area}/create`);
      await page.getByText('Not now').waitFor();
      await page.unroute('**/v1/job-types');
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByRole('combobox', { name: 'Type' }).waitFor();
    },
    timeoutMs,
  );

  itInBrowser(
    'sends a request of a button again with its key after it failed',
    async () => {
      const page = await open({ user: data.admin, path: '#/account?tab=data' });
      const keys: (string | undefined)[] = [];
      await page.route('**/v1/jobs', async (route) => {
        keys.push(route.request().headers()['idempotency-key']);
        if (keys.length === 1) {
          await route.fetch();
          await route.fulfill(problem(500, 'internal'));
        } else await route.continue();
      });
      await page.getByRole('button', { name: 'Create the file' }).click();
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByText('The export has started').waitFor();
      expect(keys.length).toBe(2);
      expect(new Set(keys).size).toBe(1);
    },
    timeoutMs,
  );

  itInBrowser(
    'shows that a confirmation cannot be requested, and requests it again',
    async () => {
      const { page, saved } = await openEdit('Ada King');
      await database.pool.query(`UPDATE sessions SET auth_time = auth_time - interval '1 day'`);
      await page.reload();
      await page.getByLabel('admin').check();
      await page.route('**/v1/users/me', async (route) => {
        await route.fulfill(problem(503, 'unavailable'));
      });
      await page.getByRole('button', { name: 'Save' }).click();
      const stepUp = page.getByRole('dialog', { name: 'Confirm that it is you' });
      await stepUp.getByText('Not now').waitFor();
      expect(await axeViolations(page)).toEqual([]);
      await page.unroute('**/v1/users/me');
      await stepUp.getByRole('button', { name: 'Try again' }).click();
      await stepUp.getByLabel('Password').fill(data.admin.password);
      await stepUp.getByRole('button', { name: 'Confirm' }).click();
      await page.waitForURL(/show$/);
      expect((await saved()).body).toMatchObject({ roles: ['user', 'admin'] });
    },
    timeoutMs,
  );
});

describe('A form of the admin console', () => {
  itInBrowser.each([
    [
      'the service is overloaded',
      async (route: Route) => {
        await route.fulfill(problem(503, 'unavailable'));
      },
    ],
    [
      'there are too many requests',
      async (route: Route) => {
        await route.fulfill(problem(429, 'too_many_requests'));
      },
    ],
    [
      'a proxy has no response',
      async (route: Route) => {
        await route.fulfill({ status: 502, body: 'Bad gateway' });
      },
    ],
    [
      'the response is lost',
      async (route: Route) => {
        await route.fetch();
        await route.abort();
      },
    ],
    [
      'there is no network',
      async (route: Route) => {
        await route.abort('internetdisconnected');
      },
    ],
  ])(
    'keeps its content and is sent again with its key when %s',
    async (_, fail) => {
      const { page, saved } = await openEdit('Ada King');
      const keys: (string | undefined)[] = [];
      page.on('request', (request) => request.method() === 'PATCH' && keys.push(request.headers()['idempotency-key']));
      await page.route('**/v1/users/*', async (route) => {
        if (route.request().method() === 'PATCH' && keys.length < 2) await fail(route);
        else await route.continue();
      });
      await page.getByRole('button', { name: 'Save' }).click();
      const dialog = page.getByRole('dialog');
      expect(await axeViolations(page)).toEqual([]);
      await dialog.getByRole('button', { name: 'Back to the form' }).click();
      expect(await page.getByLabel('Name').inputValue()).toBe('Ada King');
      await page.getByRole('button', { name: 'Save' }).click();
      await heading(page, 'Ada King').waitFor();
      expect(keys.length).toBe(2);
      expect(new Set(keys).size).toBe(1);
      expect((await saved()).body).toMatchObject({ displayName: 'Ada King' });
    },
    timeoutMs,
  );

  itInBrowser(
    'keeps its content while its user logs in again after the session was revoked',
    async () => {
      const { page, saved } = await openEdit('Ada King');
      await asAdmin.delete(`/v1/users/${data.admin.id}/sessions`);
      await invalidationsDelivered();
      await page.getByRole('button', { name: 'Save' }).click();
      const dialog = page.getByRole('dialog', { name: 'Log in again' });
      await dialog.waitFor();
      expect(await axeViolations(page)).toEqual([]);
      await returnToTab(page);
      await dialog.getByLabel('Password').fill(data.admin.password);
      await dialog.getByRole('button', { name: 'Log in', exact: true }).click();
      await heading(page, 'Ada King').waitFor();
      expect((await saved()).body).toMatchObject({ displayName: 'Ada King' });
    },
    timeoutMs,
  );

  itInBrowser(
    'keeps its content when the service is overloaded while its user returns to the tab',
    async () => {
      const { page, saved } = await openEdit('Ada King');
      await page.route('**/v1/users/me', async (route) => {
        await route.fulfill(problem(503, 'unavailable'));
      });
      await returnToTab(page);
      await page.unroute('**/v1/users/me');
      await page.getByRole('button', { name: 'Save' }).click();
      await heading(page, 'Ada King').waitFor();
      expect((await saved()).body).toMatchObject({ displayName: 'Ada King' });
    },
    timeoutMs,
  );

  itInBrowser(
    'shows the violation of a text that is too long beside its field',
    async () => {
      const text = 'x'.repeat(10_000);
      const { page } = await openEdit(text);
      await page.getByRole('button', { name: 'Save' }).click();
      await page.locator('p.Mui-error').waitFor();
      expect(await page.getByLabel('Name').inputValue()).toBe(text);
      expect(await page.getByLabel('Name').getAttribute('aria-invalid')).toBe('true');
    },
    timeoutMs,
  );

  itInBrowser.each([
    ['a script', '<script>executed = true</script><img src=x onerror="executed = true">'],
    ['right-to-left text', 'مريم ميرزاخاني \u202Eevil'],
    ['emoji', '👩‍👩‍👧‍👦🏳️‍🌈'],
  ])(
    'saves and shows %s as it was typed',
    async (_, text) => {
      const { page, saved } = await openEdit(text);
      await page.getByRole('button', { name: 'Save' }).click();
      await heading(page, text).waitFor();
      await page.goto(`${api.baseUrl}/admin/#/users`);
      await page.getByRole('link', { name: text, exact: true }).waitFor();
      expect(await page.evaluate('window.executed')).toBeUndefined();
      expect((await saved()).body).toMatchObject({ displayName: text });
    },
    timeoutMs,
  );

  itInBrowser(
    'invites one user by a double click',
    async () => {
      const page = await open({ user: data.admin, path: '#/users/create' });
      const email = `double.${process.pid}@example.com`;
      await heading(page, 'Invite a user').waitFor();
      await page.getByLabel('Email').fill(email);
      await page.getByRole('button', { name: 'Send the invitation' }).dblclick();
      await heading(page, email).waitFor();
      const { body } = await asAdmin.get(`/v1/users?email=${email}`);
      expect(body).toMatchObject({ data: [{ email }] });
    },
    timeoutMs,
  );
});

it('has screens of each kind of user', () => {
  expect(new Set(screens.map(({ user }) => user))).toEqual(new Set([undefined, data.admin, data.member]));
});
