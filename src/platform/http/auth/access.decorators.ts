import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { Permission } from './permissions.ts';

/** How a route treats a caller without a valid access token. Without a declaration it returns 401. */
export type Access = 'public' | 'optional';

export const accessKey = 'plinth:access';
export const permissionsKey = 'plinth:permissions';

/** Extensions that carry the access of an operation into the OpenAPI document. */
export const accessExtension = 'x-plinth-access';
export const permissionsExtension = 'x-permissions';

/** The route needs no access token and ignores one. */
export const Public = (): MethodDecorator & ClassDecorator => access('public');

/** The route needs no access token; a valid one sets the principal, an invalid one is ignored. */
export const OptionalAuthentication = (): MethodDecorator & ClassDecorator => access('optional');

/** The caller needs all of these permissions. For methods only: each route declares its own. */
export const RequirePermissions = (...needed: readonly Permission[]): MethodDecorator =>
  applyDecorators(SetMetadata(permissionsKey, needed), ApiExtension(permissionsExtension, [...needed]));

function access(value: Access): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(accessKey, value), ApiExtension(accessExtension, value));
}
