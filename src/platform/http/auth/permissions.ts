import { BoundedMap } from '../../async/bounded-map.ts';
import { StartupError } from '../../config/startup-error.ts';
import type { FeatureRegistry } from '../../feature/feature-registry.ts';

/** Routes require permissions, never roles. Features declare them (platform/feature). */
export type Permission = string;

/** Roles are sets of permissions; AUTH_ROLES changes and adds roles. */
export type Role = string;

/**
 * Roles that exist without configuration. Another role that few users have needs four partial indexes for the list of
 * users, like those of `admin` (migration users_admin_created_at), and an entry in users-list.repository.ts.
 */
export const builtInRoles = ['user', 'admin'] as const;

/** The roles of an application and the permissions that each grants. */
export interface AccessPolicy {
  readonly roles: readonly Role[];
  /** Every declared permission, sorted. */
  readonly permissions: readonly Permission[];
  readonly granted: ReadonlyMap<Role, readonly Permission[]>;
}

/**
 * Combines the permissions that features declare with the configured roles: a configured role grants exactly the listed
 * permissions, the other built-in roles grant what features declare for them.
 *
 * @throws StartupError when a feature grants a permission to an unknown role, or a role lists an undeclared permission
 */
export function accessPolicy(
  { permissions }: Pick<FeatureRegistry, 'permissions'>,
  configured: Readonly<Record<Role, readonly Permission[]>> = {},
): AccessPolicy {
  const roles = [...new Set<Role>([...builtInRoles, ...Object.keys(configured)])];
  for (const [permission, holders] of permissions) {
    const unknown = holders.find((role) => !roles.includes(role));
    if (unknown === undefined) continue;
    throw new StartupError(
      `AUTH_ROLES: ${permission} is granted to ${unknown}, which is not a role: add it, or change the feature.`,
    );
  }
  const declared = (role: Role): Permission[] =>
    [...permissions].filter(([, holders]) => holders.includes(role)).map(([permission]) => permission);
  const granted = new Map(
    roles.map((role) => [role, Object.hasOwn(configured, role) ? [...(configured[role] ?? [])] : declared(role)]),
  );
  for (const [role, list] of granted) {
    const undeclared = list.find((permission) => !permissions.has(permission));
    if (undeclared === undefined) continue;
    throw new StartupError(`AUTH_ROLES: ${role} lists ${undeclared}, which no feature declares.`);
  }
  return { roles, permissions: [...permissions.keys()].sort(), granted };
}

/**
 * The policy of this process, applied once at startup. It is process state because DTO classes, whose fields are
 * limited to the roles, are declared before the configuration is read.
 */
let policy: AccessPolicy = { roles: builtInRoles, permissions: [], granted: new Map() };

/** The permissions of combinations of roles. */
const combined = new BoundedMap<string, readonly Permission[]>(1000);

export function applyAccessPolicy(applied: AccessPolicy): void {
  policy = applied;
  combined.clear();
}

export function roles(): readonly Role[] {
  return policy.roles;
}

/**
 * The permissions that these roles grant together, sorted; unknown roles grant none. The same array each time, so that
 * callers can cache what they derive from it.
 */
export function permissionsOf(held: readonly string[]): readonly Permission[] {
  const name = held.join('\n');
  const cached = combined.get(name);
  if (cached !== undefined) return cached;
  const permissions = [...new Set(held.flatMap((role) => policy.granted.get(role) ?? []))].sort();
  combined.set(name, permissions);
  return permissions;
}
