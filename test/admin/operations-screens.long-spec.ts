import { afterEach, describe, expect } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { startApp } from '../harness/app/app.ts';
import { ExampleJobsModule } from '../harness/app/example-jobs.ts';
import { shortQueueTimings } from '../harness/app/queue-timings.ts';
import { ShapesJobModule } from '../harness/app/shapes-job.ts';
import { axeViolations } from '../harness/browser/axe.ts';
import type { BrowserPage } from '../harness/browser/browser.ts';
import { itInBrowser } from '../harness/browser/browser.ts';
import type { FactoryUser } from '../harness/database/factory.ts';
import { downloaded, heading, openConsole, unexpectedErrors } from './console-page.ts';

/* What administrators do with jobs, schedules, queues and the audit log, in Chromium. */

const timeoutMs = 600_000;
const roles = JSON.stringify({ operator: ['jobs:read'] });
const running = await startApp({ AUTH_ROLES: roles }, [ExampleJobsModule, ShapesJobModule, shortQueueTimings()]);
const { api, factory, database } = running;
const admin = await factory.admin();
const asAdmin = api.as(admin);

let opened: BrowserPage | undefined;

afterEach(async () => {
  await opened?.page.context().close();
  opened = undefined;
});

async function open(path: string, user: FactoryUser = admin): Promise<Page> {
  opened = await openConsole(api.baseUrl, { user, path });
  return opened.page;
}

async function choose(page: Page, input: string, option: string): Promise<void> {
  await page.getByRole('combobox', { name: input }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

async function press(within: Page | Locator, name: string): Promise<void> {
  await within.getByRole('button', { name, exact: true }).click();
}

/** The mark beside the heading. */
async function state(page: Page, name: string): Promise<void> {
  await page.locator('h1 + .MuiChip-root', { hasText: new RegExp(`^${name}$`) }).waitFor();
}

function expectNoErrors(statuses: readonly number[]): void {
  expect(opened && unexpectedErrors(opened, statuses)).toEqual([]);
  expect([...(opened?.origins ?? [])].map((origin) => new URL(origin).port)).toEqual([new URL(api.baseUrl).port]);
}

describe('The jobs of the admin console', () => {
  itInBrowser(
    'are created by the form of their type, which shows violations beside their fields, and their file is downloaded',
    async () => {
      const page = await open('#/jobs/create');
      await choose(page, 'Type', 'users.export');
      await press(page, 'Create');
      await page.locator('p.Mui-error', { hasText: 'Required' }).first().waitFor();
      await choose(page, 'Format', 'csv');
      await page.getByLabel('Email').fill('x'.repeat(300));
      await press(page, 'Create');
      await page.locator('p.Mui-error', { hasText: '254' }).waitFor();
      expect(await page.getByLabel('Email').getAttribute('aria-invalid')).toBe('true');
      await page.getByLabel('Email').fill(admin.email);
      await press(page, 'Create');
      await heading(page, 'users.export').waitFor();
      await state(page, 'Succeeded');

      const { name, content } = await downloaded(page, 'Download');

      expect(name).toMatch(/^users-.*\.csv$/);
      expect(content).toContain(admin.email);
      expectNoErrors([401, 422]);
    },
    timeoutMs,
  );

  itInBrowser(
    'import users from a file, and show why one is rejected',
    async () => {
      const page = await open('#/users');
      await press(page, 'Import');
      const dialog = page.getByRole('dialog', { name: 'Import users' });
      const upload = async (text: string): Promise<void> => {
        const buffer = Buffer.from(text);
        await dialog.getByLabel('CSV file').setInputFiles({ name: 'users.csv', mimeType: 'text/plain', buffer });
        await dialog.getByRole('button', { name: 'Import' }).click();
      };
      await upload('mail\nconsole.import@example.com\n');
      await dialog.getByText('unknown column "mail"').waitFor();
      expect(await axeViolations(page)).toEqual([]);
      await upload('email\nconsole.import@example.com\nno address\n');
      await heading(page, 'users.import').waitFor();
      await state(page, 'Succeeded');

      const { content } = await downloaded(page, 'Download');

      expect(content).toMatch(/\r\n3,no address,is_email,/);
      expect((await asAdmin.get('/v1/users?email=console.import@')).body).toMatchObject({ data: [{ locale: 'en' }] });
      expectNoErrors([401, 400]);
    },
    timeoutMs,
  );

  itInBrowser(
    'have inputs for lists, nested objects, dates and defaults',
    async () => {
      const page = await open('#/jobs/create');
      await choose(page, 'Type', 'test.shapes');
      await choose(page, 'Colours', 'blue');
      await page.keyboard.press('Escape');
      const add = page.getByRole('button', { name: 'Add' });
      await add.first().click();
      await page.getByLabel('Entry').fill('first');
      await page.getByRole('group', { name: 'Address' }).getByLabel('City').fill('Berlin');
      await add.last().click();
      await page.getByLabel('Product').fill('x');
      await page.getByLabel('Amount').fill('2');
      await page.getByLabel('Day').fill('2026-02-03');
      await page.getByLabel('Urgent').check();
      await press(page, 'Create');
      // A violation of an entry is shown at its list.
      await page
        .getByText(/at least 2 characters/i)
        .first()
        .waitFor();
      await page.getByLabel('Product').fill('Chair');
      await press(page, 'Create');
      await state(page, 'Succeeded');

      expect(JSON.parse(await page.getByLabel('Result').innerText())).toEqual({
        payload: {
          ...{ colours: ['blue'], tags: ['first'], address: { city: 'Berlin' } },
          ...{ items: [{ product: 'Chair', amount: 2 }], day: '2026-02-03', urgent: true, times: 3 },
        },
      });
      expectNoErrors([401, 422]);
    },
    timeoutMs,
  );

  itInBrowser(
    'show their progress while they run, are cancelled and retried',
    async () => {
      const page = await open('#/jobs/create');
      await choose(page, 'Type', 'test.steps');
      await page.getByLabel('Steps').fill('10000');
      await page.getByLabel('Step ms').fill('50');
      await page.getByRole('button', { name: 'Create', exact: true }).dblclick();
      await heading(page, 'test.steps').waitFor();
      await state(page, 'Running');
      const progress = page.getByText(/^[\d,]+ of 10,000$/).first();
      const before = await progress.innerText();
      await page.waitForFunction(
        `(text) => ![...document.querySelectorAll('p')].some((each) => each.innerText === text)`,
        before,
      );

      await press(page, 'Cancel the job');
      await press(page.getByRole('dialog'), 'Cancel the job');
      await state(page, 'Cancelled');
      await press(page, 'Retry');
      await press(page.getByRole('dialog'), 'Retry');
      await state(page, 'Running');
      expect(await page.getByRole('listitem').filter({ hasText: 'Cancelled' }).count()).toBe(1);
      await press(page, 'Cancel the job');
      await press(page.getByRole('dialog'), 'Cancel the job');
      await state(page, 'Cancelled');

      await page.goto(`${api.baseUrl}/admin/#/jobs`);
      await choose(page, 'State', 'Cancelled');
      await page.getByRole('link', { name: 'test.steps' }).first().waitFor();
      // The double click has created one.
      expect(await page.getByRole('link', { name: 'test.steps' }).count()).toBe(1);
      expectNoErrors([401]);
    },
    timeoutMs,
  );

  itInBrowser(
    'appear in the overview by themselves when they are dead',
    async () => {
      const page = await open('#/overview');
      await page.getByText('No job is dead.').waitFor();
      const { body } = await asAdmin.post('/v1/jobs', { type: 'test.steps', payload: { steps: 0, fails: true } });

      await page.getByRole('link', { name: 'test.steps' }).click();

      await page.waitForURL(new RegExp((body as { id: string }).id));
      await state(page, 'Dead');
      await page.getByText('The payload requests a failure').first().waitFor();
      expectNoErrors([401]);
    },
    timeoutMs,
  );

  itInBrowser(
    'and the overview are all that a user with jobs:read sees besides the own account',
    async () => {
      const page = await open('#/overview', await factory.user({ roles: ['operator'] }));
      await page.getByText('Active users').waitFor();
      const areas = page.getByRole('navigation', { name: 'Areas' }).getByRole('link');
      expect(await areas.allInnerTexts()).toEqual(['Overview', 'Jobs', 'Your account']);
    },
    timeoutMs,
  );
});

describe('A schedule of the admin console', () => {
  itInBrowser(
    'is created with its next occurrences, edited if it did not change meanwhile, paused, resumed and deleted',
    async () => {
      const page = await open('#/job-schedules/create');
      await choose(page, 'Type', 'users.export');
      await choose(page, 'Format', 'ndjson');
      await page.getByLabel('Cron expression').fill('61 * * * *');
      await page.getByRole('alert').getByText('Must be five fields').waitFor();
      await page.getByLabel('Cron expression').fill('30 2 * * *');
      await page.getByLabel('Time zone').fill('Europe/Berlin');
      await page.getByRole('option', { name: 'Europe/Berlin' }).click();
      await page
        .locator('ol time', { hasText: /02:30.*GMT\+[12]/ })
        .nth(4)
        .waitFor();
      await press(page, 'Create');
      await state(page, 'Active');
      const id = /job-schedules\/([^/]+)\/show/.exec(page.url())?.[1] ?? '';

      await page.getByRole('link', { name: 'Edit' }).click();
      await page.getByLabel('Cron expression').fill('0 5 * * *');
      await api.as(await factory.admin()).patch(`/v1/job-schedules/${id}`, { cron: '0 4 * * *' }, { 'If-Match': '*' });
      await press(page, 'Save');
      const conflict = page.getByRole('dialog', { name: 'Changed by another user' });
      await conflict.getByRole('group', { name: 'Cron' }).getByLabel('Yours: 0 5 * * *').check();
      await press(conflict, 'Save');
      await state(page, 'Active');
      const stored = async (): Promise<unknown> => (await asAdmin.get(`/v1/job-schedules/${id}`)).body;
      expect(await stored()).toMatchObject({ cron: '0 5 * * *', payload: { format: 'ndjson' } });

      await press(page, 'Pause');
      await press(page.getByRole('dialog'), 'Pause');
      await state(page, 'Paused');
      await press(page, 'Resume');
      await state(page, 'Active');
      expect(await stored()).toMatchObject({ paused: false, timezone: 'Europe/Berlin' });
      await press(page, 'Delete');
      await press(page.getByRole('dialog'), 'Delete');
      await heading(page, 'Schedules').waitFor();
      expect((await asAdmin.get(`/v1/job-schedules/${id}`)).status).toBe(404);
      // The page that was shown is read once more before the list takes its place.
      expectNoErrors([401, 404, 412, 422]);
    },
    timeoutMs,
  );
});

describe('A queue of the admin console', () => {
  itInBrowser(
    'is paused and resumed',
    async () => {
      const page = await open('#/queues');
      const heavy = page.locator('section', { has: page.getByRole('heading', { name: 'heavy' }) });
      await press(heavy, 'Pause');
      await press(page.getByRole('dialog'), 'Pause');
      await heavy.getByText('Paused', { exact: true }).waitFor();
      const { rows } = await database.pool.query('SELECT name FROM paused_queues');
      expect(rows).toEqual([{ name: 'heavy' }]);
      await press(heavy, 'Resume');
      await heavy.getByText('Running', { exact: true }).first().waitFor();
      expectNoErrors([401]);
    },
    timeoutMs,
  );
});

describe('The audit log of the admin console', () => {
  itInBrowser(
    'is filtered, shows one event whole, and is exported',
    async () => {
      const subject = await factory.user();
      await api.post('/v1/auth/login', { email: subject.email, password: 'wrong' }, { 'User-Agent': '=evil()' });
      const page = await open('#/audit-events');
      await page.getByLabel('User id').fill(subject.id);
      await page.getByText('wrong password').waitFor();
      await page.getByRole('button', { name: 'Show authn_login_fail' }).click();
      const event = page.getByRole('dialog', { name: 'authn_login_fail' });
      await event.getByText('=evil()').waitFor();
      await press(event, 'Close');

      await press(page, 'Export');
      const dialog = page.getByRole('dialog', { name: 'Export audit events' });
      await dialog.getByText(`Subject id: ${subject.id}`).waitFor();
      await press(dialog, 'Export');
      await dialog.getByText('1 of 1').waitFor();
      await dialog.getByText('Succeeded').waitFor();
      const { name, content } = await downloaded(page, 'Download');

      expect(name).toMatch(/^audit-events-.*\.csv$/);
      expect(content.split('\r\n')).toHaveLength(3);
      expect(content).toContain("'=evil()");
      expectNoErrors([401]);
    },
    timeoutMs,
  );
});
