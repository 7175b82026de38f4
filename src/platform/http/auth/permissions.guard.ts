import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { acceptsApiKeys, apiKeysKey, permissionsKey } from './access.decorators.ts';
import { PermissionChecker } from './permission-checker.ts';
import type { Permission } from './permissions.ts';
import type { AuthenticatedRequest } from './principal.ts';

/**
 * Authorizes the caller by the permissions that the route requires, and rejects API keys where they are not accepted.
 * Runs after the AuthenticationGuard.
 */
@Injectable()
export class PermissionsGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly permissions: PermissionChecker,
  ) {}

  /** @throws Forbidden after the denial was recorded */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const needed = this.reflector.get<Permission[] | undefined>(permissionsKey, context.getHandler()) ?? [];
    const { user } = context.switchToHttp().getRequest<AuthenticatedRequest>();
    if (user?.apiKeyId !== undefined) await this.assertApiKeyAccepted(needed, context);
    await this.permissions.assertPermissions(needed, user?.permissions ?? []);
    return true;
  }

  private async assertApiKeyAccepted(permissions: readonly Permission[], context: ExecutionContext): Promise<void> {
    const apiKeys: unknown = this.reflector.get(apiKeysKey, context.getHandler());
    if (!acceptsApiKeys({ apiKeys, permissions })) await this.permissions.rejectApiKey();
  }
}
