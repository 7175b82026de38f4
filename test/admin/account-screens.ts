import type { Screen } from '../harness/browser/screens.ts';
import type { FactoryUser } from '../harness/database/factory.ts';

const tabs = ['profile', 'security', 'sessions', 'api-keys', 'identities', 'events', 'data'];

/** The screens of the own account, of a user without permissions, and those that depend on permissions. */
export function accountScreens(admin: FactoryUser, member: FactoryUser): Screen[] {
  return [
    ...tabs.map((tab) => ({ name: `account-${tab}`, path: `/admin/#/account?tab=${tab}`, user: member })),
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
  ];
}
