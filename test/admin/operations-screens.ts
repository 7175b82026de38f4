import type { Page } from 'playwright-core';
import type { Screen } from '../harness/browser/screens.ts';
import { animationsEnded } from '../harness/browser/screens.ts';
import type { UserCredentials } from '../harness/http/api.ts';
import type { OperationsData } from './operations-data.ts';

/** The screens of the overview, jobs, schedules, queues and the audit log. */
export function operationsScreens(user: UserCredentials, data: OperationsData): Screen[] {
  const { exportId, deadId, scheduledId, scheduleId } = data;
  const screens: Omit<Screen, 'user'>[] = [
    { name: 'overview', path: '/admin/#/overview', prepare: showNumbers },
    { name: 'jobs', path: '/admin/#/jobs' },
    { name: 'job', path: `/admin/#/jobs/${exportId}/show`, prepare: showTimeline },
    { name: 'job-dead', path: `/admin/#/jobs/${deadId}/show`, prepare: showTimeline },
    { name: 'job-create', path: '/admin/#/jobs/create', prepare: chooseExportOfUsers },
    { name: 'schedules', path: '/admin/#/job-schedules' },
    { name: 'schedule', path: `/admin/#/job-schedules/${scheduleId}/show` },
    { name: 'schedule-edit', path: `/admin/#/job-schedules/${scheduleId}` },
    { name: 'schedule-create', path: '/admin/#/job-schedules/create', prepare: enterTimes },
    { name: 'queues', path: '/admin/#/queues' },
    { name: 'audit-log', path: '/admin/#/audit-events' },
    { name: 'audit-event', path: '/admin/#/audit-events', prepare: showEvent },
    { name: 'audit-export', path: '/admin/#/audit-events', prepare: exportEvents },
    { name: 'job-cancel', path: `/admin/#/jobs/${scheduledId}/show`, prepare: cancelJob },
  ];
  return screens.map((screen) => ({ ...screen, user }));
}

async function showNumbers(page: Page): Promise<void> {
  await page.getByText('Show as a table').first().click();
}

async function showTimeline(page: Page): Promise<void> {
  await page
    .getByRole('listitem')
    .getByText(/^(Dead|Succeeded)$/)
    .waitFor();
}

async function chooseExportOfUsers(page: Page): Promise<void> {
  await page.getByRole('combobox', { name: 'Type' }).click();
  await page.getByRole('option', { name: 'users.export' }).click();
  await page.getByText('Beginning of the email address.').waitFor();
  await page.locator('.MuiMenu-root').waitFor({ state: 'detached' });
}

async function enterTimes(page: Page): Promise<void> {
  await chooseExportOfUsers(page);
  await page.getByLabel('Cron expression').fill('30 2 * * *');
  await page.locator('ol time').first().waitFor();
}

async function showEvent(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: /^Show / })
    .first()
    .click();
  await page.getByRole('dialog').waitFor();
}

async function exportEvents(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Export' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Export' }).click();
  await page.getByRole('dialog').getByText('Succeeded').waitFor();
  await animationsEnded(page);
}

async function cancelJob(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Cancel the job' }).click();
  await page.getByRole('dialog').waitFor();
}
