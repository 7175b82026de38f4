import type { Screen } from '../harness/browser/screens.ts';
import type { DemoData } from './demo-data.ts';
import { accountScreens } from './account-screens.ts';
import { operationsScreens } from './operations-screens.ts';

/** Every screen of the admin console. Each area adds its own; screens.long-spec.ts fails when one of the menu is missing. */
export function consoleScreens({ admin, member, shown, unusual, operations }: DemoData): Screen[] {
  return [
    { name: 'login', path: '/admin/' },
    { name: 'users', path: '/admin/#/users', user: admin },
    { name: 'users-invite', path: '/admin/#/users/create', user: admin },
    { name: 'user', path: `/admin/#/users/${shown.id}/show`, user: admin },
    { name: 'user-edit', path: `/admin/#/users/${shown.id}`, user: admin },
    { name: 'user-unusual', path: `/admin/#/users/${unusual.id}/show`, user: admin },
    ...['sessions', 'audit', 'jobs', 'api-keys', 'identities'].map((tab) => ({
      ...{ name: `user-${tab}`, path: `/admin/#/users/${shown.id}/show?tab=${tab}`, user: admin },
    })),
    ...operationsScreens(admin, operations),
    ...accountScreens(admin, member),
    { name: 'not-permitted', path: '/admin/#/users', user: member },
    { name: 'not-found', path: '/admin/#/unknown', user: admin },
  ];
}
