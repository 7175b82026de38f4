import type { components } from '../api/index.ts';
import { configuration } from '../configuration.ts';
import { valueLabel } from '../layout/labels.ts';

export type User = components['schemas']['UserDto'];

export const usersPage = { label: 'Users', to: '/users' };

/** What users read first: the name, else the email address. */
export function nameOf({ displayName, email }: Pick<User, 'displayName' | 'email'>): string {
  return displayName ?? email;
}

export const statusTones = { active: 'success', disabled: 'error', unverified: 'warning' } as const;

export const statusChoices = Object.keys(statusTones).map((id) => ({ id, name: valueLabel(id) }));

export const roleChoices = configuration.roles.map((name) => ({ id: name, name }));
