import type { Screen } from '../harness/browser/screens.ts';
import type { DemoData } from './demo-data.ts';

/** Every screen of the admin console. Each area adds its own; screens.long-spec.ts fails when one of the menu is missing. */
export function consoleScreens({ admin, member, shown, unusual }: DemoData): Screen[] {
  return [
    { name: 'login', path: '/admin/' },
    { name: 'overview', path: '/admin/#/overview', user: admin },
    { name: 'users', path: '/admin/#/users', user: admin },
    { name: 'users-invite', path: '/admin/#/users/create', user: admin },
    { name: 'user', path: `/admin/#/users/${shown.id}/show`, user: admin },
    { name: 'user-edit', path: `/admin/#/users/${shown.id}`, user: admin },
    { name: 'user-unusual', path: `/admin/#/users/${unusual.id}/show`, user: admin },
    ...['sessions', 'audit', 'jobs', 'api-keys', 'identities'].map((tab) => ({
      ...{ name: `user-${tab}`, path: `/admin/#/users/${shown.id}/show?tab=${tab}`, user: admin },
    })),
    { name: 'jobs', path: '/admin/#/jobs', user: admin },
    { name: 'schedules', path: '/admin/#/job-schedules', user: admin },
    { name: 'queues', path: '/admin/#/queues', user: admin },
    { name: 'audit-log', path: '/admin/#/audit-events', user: admin },
    ...['profile', 'security', 'sessions', 'api-keys', 'identities', 'events', 'data'].map((tab) => ({
      ...{ name: `account-${tab}`, path: `/admin/#/account?tab=${tab}`, user: member },
    })),
    {
      ...{ name: 'account-api-key', path: '/admin/#/account?tab=api-keys', user: admin },
      prepare: async (page) => {
        await page.getByRole('button', { name: 'Create an API key' }).click();
      },
    },
    {
      ...{ name: 'account-authenticator', path: '/admin/#/account?tab=security', user: member },
      prepare: async (page) => {
        await page.getByRole('button', { name: 'Add an authenticator app' }).click();
        await page.getByRole('button', { name: 'Continue' }).click();
        await page.getByRole('img', { name: 'QR code' }).waitFor();
      },
    },
    {
      ...{ name: 'account-password', path: '/admin/#/account?tab=security', user: member },
      prepare: async (page) => {
        await page.getByRole('button', { name: 'Change the password' }).click();
      },
    },
    { name: 'not-permitted', path: '/admin/#/users', user: member },
    { name: 'not-found', path: '/admin/#/unknown', user: admin },
  ];
}
