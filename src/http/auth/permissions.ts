/** Every permission there is. Routes name permissions, never roles. */
export const permissions = [
  'audit:read',
  'jobs:read',
  'jobs:write',
  'sessions:read',
  'sessions:write',
  'users:export',
  'users:read',
  'users:write',
] as const;

export type Permission = (typeof permissions)[number];

/**
 * Every role there is. Another one that few users have needs four partial indexes for the list of users, like those of
 * `admin` (migration users_admin_created_at), and its line in users-list.repository.ts; a test says so.
 */
export const roles = ['user', 'admin'] as const;

export type Role = (typeof roles)[number];

/** What each role may do beyond its own account. */
const granted: Readonly<Record<Role, readonly Permission[]>> = {
  user: [],
  admin: permissions,
};

/** The permissions of somebody with these roles, sorted; unknown roles give none. */
export function permissionsOf(held: readonly string[]): readonly Permission[] {
  const all = roles.filter((role) => held.includes(role)).flatMap((role) => granted[role]);
  return [...new Set(all)].sort();
}
