import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { accessKey, acceptsApiKeys, apiKeysKey, missingMfaKey, permissionsKey } from './access.decorators.ts';
import { PermissionChecker } from './permission-checker.ts';
import type { Permission } from './permissions.ts';
import type { AuthenticatedRequest } from './principal.ts';
import { callerOf } from './principal.ts';

/**
 * Authorizes the caller by the permissions that the route requires, and rejects API keys where they are not accepted,
 * and callers without a second factor that a role of theirs requires.
 * Runs after the AuthenticationGuard.
 */
@Injectable()
export class PermissionsGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly permissions: PermissionChecker,
  ) {}

  /** @throws Forbidden, MfaEnrolmentRequired, both after the denial was recorded */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const needed = this.reflector.get<Permission[] | undefined>(permissionsKey, context.getHandler()) ?? [];
    const { user } = context.switchToHttp().getRequest<AuthenticatedRequest>();
    if (user?.mfaMissing === true) await this.assertAcceptsMissingMfa(context);
    if (user?.apiKeyId !== undefined) await this.assertApiKeyAccepted(needed, context);
    await this.permissions.assertPermissions(needed, user?.permissions ?? []);
    return true;
  }

  private async assertAcceptsMissingMfa(context: ExecutionContext): Promise<void> {
    const { apiKeyId } = callerOf(context);
    const targets = [context.getHandler(), context.getClass()];
    const isAccepted = this.reflector.getAllAndOverride<unknown>(missingMfaKey, targets) === true;
    if (apiKeyId === undefined && isAccepted) return;
    if (this.reflector.getAllAndOverride<unknown>(accessKey, targets) !== undefined) return;
    await this.permissions.rejectMissingMfa();
  }

  private async assertApiKeyAccepted(permissions: readonly Permission[], context: ExecutionContext): Promise<void> {
    const apiKeys: unknown = this.reflector.get(apiKeysKey, context.getHandler());
    if (!acceptsApiKeys({ apiKeys, permissions })) await this.permissions.rejectApiKey();
  }
}
