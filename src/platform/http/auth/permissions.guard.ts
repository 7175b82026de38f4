import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { permissionsKey } from './access.decorators.ts';
import { PermissionChecker } from './permission-checker.ts';
import type { Permission } from './permissions.ts';
import type { AuthenticatedRequest } from './principal.ts';

/** Authorizes the caller by the permissions that the route requires. Runs after the AuthenticationGuard. */
@Injectable()
export class PermissionsGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly permissions: PermissionChecker,
  ) {}

  /** @throws Forbidden after the denial was recorded */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const needed = this.reflector.get<Permission[] | undefined>(permissionsKey, context.getHandler()) ?? [];
    const held = context.switchToHttp().getRequest<AuthenticatedRequest>().user?.permissions ?? [];
    await this.permissions.assertPermissions(needed, held);
    return true;
  }
}
