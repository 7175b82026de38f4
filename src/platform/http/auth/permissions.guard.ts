import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { Route } from '../server/route-metadata.ts';
import { metadataOf, oncePerRoute } from '../server/route-metadata.ts';
import { accessKey, acceptsApiKeys, apiKeysKey, missingMfaKey, permissionsKey } from './access.decorators.ts';
import { PermissionChecker } from './permission-checker.ts';
import type { Permission } from './permissions.ts';
import type { AuthenticatedRequest, Principal } from './principal.ts';

/**
 * Authorizes the caller by the permissions that the route requires, and rejects API keys where they are not accepted,
 * and callers without a second factor that a role of theirs requires.
 * Runs after the AuthenticationGuard.
 */
@Injectable()
export class PermissionsGuard implements CanActivate {
  private readonly requirementsOf = oncePerRoute(requirementsIn);

  constructor(private readonly permissions: PermissionChecker) {}

  /** @throws Forbidden, MfaEnrolmentRequired, both after the denial was recorded */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const requirements = this.requirementsOf(context);
    const { user } = context.switchToHttp().getRequest<AuthenticatedRequest>();
    return isAllowed(user, requirements) || this.assertAllowed(user, requirements);
  }

  private async assertAllowed(user: Principal | undefined, requirements: Requirements): Promise<boolean> {
    const { permissions, apiKeys } = requirements;
    if (lacksMfa(user, requirements)) await this.permissions.rejectMissingMfa();
    if (user?.apiKeyId !== undefined && !acceptsApiKeys({ apiKeys, permissions }))
      await this.permissions.rejectApiKey();
    await this.permissions.assertPermissions(permissions, user?.permissions ?? []);
    return true;
  }
}

/** What the decorators of a route require of its caller. */
interface Requirements {
  readonly access: unknown;
  readonly permissions: readonly Permission[];
  readonly apiKeys: unknown;
  readonly acceptsMissingMfa: boolean;
}

function requirementsIn(route: Route): Requirements {
  return {
    access: metadataOf(accessKey, route),
    permissions: (Reflect.getMetadata(permissionsKey, route.handler) ?? []) as readonly Permission[],
    apiKeys: Reflect.getMetadata(apiKeysKey, route.handler) as unknown,
    acceptsMissingMfa: metadataOf(missingMfaKey, route) === true,
  };
}

/** The common case, without a promise. */
function isAllowed(user: Principal | undefined, requirements: Requirements): boolean {
  if (user === undefined) return requirements.permissions.length === 0;
  if (user.mfaMissing === true || user.apiKeyId !== undefined) return false;
  return requirements.permissions.every((permission) => user.permissions.includes(permission));
}

function lacksMfa(user: Principal | undefined, { access, acceptsMissingMfa }: Requirements): boolean {
  if (user?.mfaMissing !== true || access !== undefined) return false;
  return user.apiKeyId !== undefined || !acceptsMissingMfa;
}
