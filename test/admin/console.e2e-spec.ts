import { afterEach, describe, expect } from '@jest/globals';
import { startApp } from '../harness/app/app.ts';
import { axeViolations } from '../harness/browser/axe.ts';
import type { BrowserPage } from '../harness/browser/browser.ts';
import { itInBrowser } from '../harness/browser/browser.ts';
import { contentShown } from '../harness/browser/screens.ts';
import { heading, logIn, openConsole, unexpectedErrors } from './console-page.ts';

/* The admin console in Chromium, as the build has written it: the short form of screens.long-spec.ts. */

const timeoutMs = 180_000;
const { api, factory, database } = await startApp();

let opened: BrowserPage | undefined;

afterEach(async () => {
  await opened?.page.context().close();
  opened = undefined;
});

describe('The admin console', () => {
  itInBrowser(
    'lets an administrator change a user, after a step-up, knowing what another one has changed meanwhile',
    async () => {
      const [admin, other] = [await factory.admin(), await factory.admin()];
      const user = await factory.user({ email: 'grace@example.com', displayName: 'Grace' });
      opened = await openConsole(api.baseUrl);
      const { page } = opened;
      await heading(page, 'Log in').waitFor();
      // The empty page of the browser, the page that requires the login, and the login.
      expect(await page.evaluate('history.length')).toBe(3);
      expect(await axeViolations(page)).toEqual([]);

      await logIn(page, admin);
      await page.getByRole('link', { name: 'Users' }).click();
      await heading(page, 'Users').waitFor();
      await page.getByLabel('Email begins with').fill('grace@');
      await page.getByRole('link', { name: 'Grace' }).waitFor();
      await contentShown(page);
      expect(await axeViolations(page)).toEqual([]);

      // The login was long ago, and the access token of the reloaded page says so.
      await database.pool.query(`UPDATE sessions SET auth_time = auth_time - interval '1 day'`);
      await page.reload();
      await page.getByRole('link', { name: 'Grace' }).click();
      await heading(page, 'Grace').waitFor();
      await page.getByRole('link', { name: 'Edit' }).click();
      await page.getByLabel('Name').fill('Grace Hopper');
      await page.getByLabel('admin').check();
      const patched = await api
        .as(other)
        .patch(`/v1/users/${user.id}`, { displayName: 'Amazing Grace' }, { 'If-Match': '*' });
      expect(patched.status).toBe(200);

      await page.getByRole('button', { name: 'Save' }).click();
      const stepUp = page.getByRole('dialog', { name: 'Confirm that it is you' });
      await stepUp.getByLabel('Password').fill(admin.password);
      await stepUp.getByRole('button', { name: 'Confirm' }).click();

      const conflict = page.getByRole('dialog', { name: 'Changed by another user' });
      await conflict.waitFor();
      expect(await axeViolations(page)).toEqual([]);
      await conflict.getByRole('group', { name: 'Display name' }).getByLabel('Theirs: Amazing Grace').check();
      await conflict.getByRole('button', { name: 'Save' }).click();
      await heading(page, 'Amazing Grace').waitFor();

      const { body } = await api.as(other).get(`/v1/users/${user.id}`);
      expect(body).toMatchObject({ displayName: 'Amazing Grace', roles: ['user', 'admin'] });
      expect(unexpectedErrors(opened, [401, 412])).toEqual([]);
      expect([...opened.origins]).toEqual([api.baseUrl]);
    },
    timeoutMs,
  );

  itInBrowser(
    'shows a user without permissions the own account only, and nothing after the logout',
    async () => {
      const member = await factory.user({ displayName: 'Mary' });
      opened = await openConsole(api.baseUrl);
      const { page } = opened;
      await logIn(page, member);
      await heading(page, 'Your account').waitFor();
      const areas = page.getByRole('navigation', { name: 'Areas' }).getByRole('link');
      expect(await areas.allInnerTexts()).toEqual(['Your account']);
      // Not a change of the fragment below the form of the profile, whose guard the router warns about.
      await page.goto('about:blank');
      await page.goto(`${api.baseUrl}/admin/#/users`);
      await heading(page, 'Not permitted').waitFor();

      await page.getByRole('button', { name: 'Your account' }).click();
      await page.getByRole('menuitem', { name: 'Log out' }).click();
      await heading(page, 'Log in').waitFor();
      await page.goBack();
      await heading(page, 'Log in').waitFor();
      await page.reload();
      await heading(page, 'Log in').waitFor();
      expect(await page.getByText('Mary').count()).toBe(0);
      expect(unexpectedErrors(opened, [401, 412])).toEqual([]);
    },
    timeoutMs,
  );
});
