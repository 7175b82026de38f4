import type { INestApplicationContext } from '@nestjs/common';
import { RequestMethod, VERSION_NEUTRAL } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA, VERSION_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, ModulesContainer, Reflector } from '@nestjs/core';
import { FeatureRegistry } from '../../feature/feature-registry.ts';
import type { Access } from '../auth/access.decorators.ts';
import { acceptsApiKeys, accessKey, apiKeysKey, missingMfaKey, permissionsKey } from '../auth/access.decorators.ts';
import type { AccessPolicy, Permission } from '../auth/permissions.ts';
import { accessPolicy } from '../auth/permissions.ts';
import type { ControllerMethod } from '../server/controller-methods.ts';
import { controllerMethods } from '../server/controller-methods.ts';
import { apiVersion } from './document.ts';
import { permissionTable } from './permission-table.ts';

/** A route of a controller with what its decorators declare. */
interface Route {
  readonly method: string;
  readonly path: string;
  readonly operationId: string | undefined;
  readonly access: Access | undefined;
  readonly permissions: readonly Permission[];
  /** Whether API keys may call it. */
  readonly apiKeys: boolean;
  /** Whether users may call it who lack a second factor that a role requires. */
  readonly missingMfa: boolean;
}

const page = (policy: AccessPolicy, withoutMfa: string, rows: readonly string[]): string => `# Permissions

Who may call each route, with the built-in roles. \`AUTH_ROLES\` ([configuration](configuration.md)) changes what the roles
grant. \`npm run generate:docs\` derives this page from the decorators of the controllers and the declarations of the
features (\`Feature.declare\`); review its changes. \`test/contracts/permission-matrix.cases.ts\`, which
\`operations.e2e-spec.ts\` runs, sends a request to every route as each kind of caller and compares the responses with this
page.

## Roles

${permissionTable(policy)}

## Routes

- \`yes\`: the response depends on the request only.
- \`own\`: the same for a resource of the caller; 404 for a resource of another user.
- \`401\`: the route requires an access token or an API key.
- \`403\`: the role does not grant the required permission, or the route does not accept API keys.
- A user of a role in \`AUTH_MFA_REQUIRED_ROLES\` without a second factor gets \`403\` from all routes that require
  authentication, except ${withoutMfa}.
- API key: a key of an administrator whose scopes are all permissions. A key never has more than its scopes.

${rows.join('\n')}
`;

/**
 * The text of docs/reference/permissions.md: roles, permissions, and who may call each route of a controller.
 *
 * @param app may be a preview
 * @throws Error when a feature declares `resourceAccess` of an unknown operation or with an undeclared permission
 */
export function permissionsPage(app: INestApplicationContext): string {
  const modules = app.get(ModulesContainer);
  const features = new FeatureRegistry(modules);
  const policy = accessPolicy(features);
  const routes = routesIn(modules);
  assertDeclared(features, routes);
  const heads = ['Route', 'Requires', 'Unauthenticated', ...policy.roles.map((role) => `\`${role}\``), 'API key'];
  const rows = routes.map((route) => rowOf(route, policy, features.resourceAccess));
  const lines = [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  const withoutMfa = routes.filter(({ missingMfa }) => missingMfa).map(({ method, path }) => `\`${method} ${path}\``);
  return page(policy, withoutMfa.join(', '), lines);
}

function rowOf(route: Route, policy: AccessPolicy, resourceAccess: ReadonlyMap<string, string>): string[] {
  const { method, path, access, permissions, apiKeys } = route;
  const name = `\`${method} ${path}\``;
  if (access !== undefined) return [name, 'nothing', 'yes', ...policy.roles.map(() => 'yes'), 'yes'];
  const required = permissions.map((permission) => `\`${permission}\``);
  const resource = path.includes(':') ? resourceAccessOf(route, resourceAccess) : 'any';
  if (resource !== 'any') required.push(resource === 'owner' ? 'ownership' : `ownership or \`${resource}\``);
  const cellFor = (granted: readonly Permission[]): string => {
    if (!permissions.every((permission) => granted.includes(permission))) return '403';
    return resource === 'any' || granted.includes(resource) ? 'yes' : 'own';
  };
  const cells = policy.roles.map((role) => cellFor(policy.granted.get(role) ?? []));
  const keyCell = apiKeys ? cellFor(policy.granted.get('admin') ?? []) : '403';
  return [name, required.length === 0 ? 'authentication' : required.join(' and '), '401', ...cells, keyCell];
}

function resourceAccessOf({ operationId = '', permissions }: Route, declared: ReadonlyMap<string, string>): string {
  return declared.get(operationId) ?? (permissions.length === 0 ? 'owner' : 'any');
}

function assertDeclared({ resourceAccess, permissions }: FeatureRegistry, routes: readonly Route[]): void {
  const known = new Set(routes.map(({ operationId }) => operationId));
  for (const [operationId, access] of resourceAccess) {
    if (!known.has(operationId)) throw new Error(`resourceAccess: no route has the operationId ${operationId}`);
    if (access === 'owner' || access === 'any' || permissions.has(access)) continue;
    throw new Error(`resourceAccess: ${operationId} names ${access}, which no feature declares`);
  }
}

/** The routes of all controllers, sorted by path and method. */
function routesIn(modules: ModulesContainer): Route[] {
  const routes = controllerMethods(new DiscoveryService(modules)).flatMap(routesOf);
  const key = ({ path, method }: Route): string => `${path} ${method}`;
  return routes.sort((one, other) => (key(one) < key(other) ? -1 : 1));
}

function routesOf({ controller, handler }: ControllerMethod): Route[] {
  const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
  if (method === undefined) return [];
  const reflector = new Reflector();
  const ofHandlerOrController = (name: string): unknown =>
    reflector.getAllAndOverride<unknown>(name, [handler, controller]);
  const operation = Reflect.getMetadata('swagger/apiOperation', handler) as { operationId?: string } | undefined;
  const permissions = (Reflect.getMetadata(permissionsKey, handler) ?? []) as Permission[];
  const route = {
    method: RequestMethod[method],
    operationId: operation?.operationId,
    access: ofHandlerOrController(accessKey) as Access | undefined,
    permissions,
    missingMfa: Reflect.getMetadata(missingMfaKey, handler) === true,
    apiKeys: acceptsApiKeys({ apiKeys: Reflect.getMetadata(apiKeysKey, handler), permissions }),
  };
  const versions = list(ofHandlerOrController(VERSION_METADATA) ?? apiVersion);
  const prefixes = list(Reflect.getMetadata(PATH_METADATA, controller)).map(String);
  const paths = list(Reflect.getMetadata(PATH_METADATA, handler)).map(String);
  return versions.flatMap((version) =>
    prefixes.flatMap((prefix) =>
      paths.map((path) => ({
        ...route,
        path: joined([version === VERSION_NEUTRAL ? '' : `v${String(version)}`, prefix, path]),
      })),
    ),
  );
}

/** Versions and paths are one value or a list. */
function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

/** One slash between the parts, none at the end. */
function joined(parts: readonly string[]): string {
  return `/${parts
    .flatMap((part) => part.split('/'))
    .filter(Boolean)
    .join('/')}`;
}
