import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { Permission } from './permissions.ts';
import type { AuthenticatedRequest } from './principal.ts';

/** How a route treats a caller without a valid access token. Without a declaration it returns 401. */
export type Access = 'public' | 'optional';

/** Which requests to a route require a recent authentication. */
export interface StepUpCondition {
  readonly when: (request: AuthenticatedRequest) => boolean;
  /** A sentence for the description of the operation. */
  readonly description: string;
}

export const accessKey = 'plinth:access';
export const permissionsKey = 'plinth:permissions';
export const apiKeysKey = 'plinth:api-keys';
export const missingMfaKey = 'plinth:missing-mfa';
export const recentAuthenticationKey = 'plinth:recent-authentication';

/** Extensions that carry the access of an operation into the OpenAPI document. */
export const accessExtension = 'x-plinth-access';
export const permissionsExtension = 'x-permissions';
export const apiKeysExtension = 'x-plinth-api-keys';
export const missingMfaExtension = 'x-plinth-missing-mfa';
export const recentAuthenticationExtension = 'x-plinth-recent-authentication';

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

/**
 * Users may call the route although a role of theirs requires a second factor and they have none: it is needed to add
 * one. Routes that need no authentication allow it anyway.
 */
export const AcceptsMissingMfa = (): MethodDecorator =>
  applyDecorators(SetMetadata(missingMfaKey, true), ApiExtension(missingMfaExtension, true));

/**
 * Whether API keys may call a route: the scopes of a key limit it only where a permission is required. A route that
 * always requires a recent authentication accepts none.
 */
export function acceptsApiKeys(declared: { readonly apiKeys: unknown; readonly permissions: unknown }): boolean {
  if (typeof declared.apiKeys === 'boolean') return declared.apiKeys;
  return Array.isArray(declared.permissions) && declared.permissions.length > 0;
}
/**
 * The caller must have authenticated recently (step-up authentication, RFC 9470, ASVS 7.5.3), and with two factors if
 * the user has a second one. For methods only.
 *
 * @param appliesTo which requests require it, and the sentence that describes them; all of them if omitted. The
 *   predicate receives a body that is not validated yet.
 */
export const RequireRecentAuthentication = (appliesTo?: StepUpCondition): MethodDecorator =>
  applyDecorators(
    SetMetadata(recentAuthenticationKey, appliesTo?.when ?? (() => true)),
    ApiExtension(recentAuthenticationExtension, appliesTo?.description ?? 'Requires a recent authentication.'),
    ...(appliesTo === undefined ? [SetMetadata(apiKeysKey, false), ApiExtension(apiKeysExtension, false)] : []),
  );

function access(value: Access): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(accessKey, value), ApiExtension(accessExtension, value));
}
