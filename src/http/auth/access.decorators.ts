import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { Permission } from './permissions.ts';

/** How a route treats a caller without a good token; routes that say nothing refuse them. */
export type Access = 'public' | 'optional';

export const accessKey = 'plinth:access';
export const permissionsKey = 'plinth:permissions';

/** How the document learns who may call an operation. */
export const accessExtension = 'x-plinth-access';
export const permissionsExtension = 'x-permissions';

/** Anyone may call this; a token is not looked at. */
export const Public = (): MethodDecorator & ClassDecorator => access('public');

/** Anyone may call this; a good token is recognised, a bad one is as none. */
export const OptionalAuthentication = (): MethodDecorator & ClassDecorator => access('optional');

/** Only callers who hold all of these permissions. On methods alone: each route says itself what it needs. */
export const RequirePermissions = (...needed: readonly Permission[]): MethodDecorator =>
  applyDecorators(SetMetadata(permissionsKey, needed), ApiExtension(permissionsExtension, [...needed]));

function access(value: Access): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(accessKey, value), ApiExtension(accessExtension, value));
}
