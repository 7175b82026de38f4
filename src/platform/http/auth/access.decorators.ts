import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { Permission } from './permissions.ts';

/** How a route treats a caller without a valid access token. Without a declaration it returns 401. */
export type Access = 'public' | 'optional';

export const accessKey = 'plinth:access';
export const permissionsKey = 'plinth:permissions';
export const apiKeysKey = 'plinth:api-keys';

/** Extensions that carry the access of an operation into the OpenAPI document. */
export const accessExtension = 'x-plinth-access';
export const permissionsExtension = 'x-permissions';
export const apiKeysExtension = 'x-plinth-api-keys';

/** The route needs no access token and ignores one. */
export const Public = (): MethodDecorator & ClassDecorator => access('public');

/** The route needs no access token; a valid one sets the principal, an invalid one is ignored. */
export const OptionalAuthentication = (): MethodDecorator & ClassDecorator => access('optional');

/** The caller needs all of these permissions. For methods only: each route declares its own. */
export const RequirePermissions = (...needed: readonly Permission[]): MethodDecorator =>
  applyDecorators(SetMetadata(permissionsKey, needed), ApiExtension(permissionsExtension, [...needed]));

/** API keys may call the route, although it requires no permission; routes that require one accept API keys anyway. */
export const AcceptsApiKeys = (): MethodDecorator =>
  applyDecorators(SetMetadata(apiKeysKey, true), ApiExtension(apiKeysExtension, true));

/** Whether API keys may call a route: the scopes of a key limit it only where a permission is required. */
export function acceptsApiKeys(declared: { readonly apiKeys: unknown; readonly permissions: unknown }): boolean {
  return declared.apiKeys === true || (Array.isArray(declared.permissions) && declared.permissions.length > 0);
}

function access(value: Access): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(accessKey, value), ApiExtension(accessExtension, value));
}
