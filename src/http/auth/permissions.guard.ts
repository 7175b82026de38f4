import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { permissionsKey } from './access.decorators.ts';
import { PermissionCheck } from './permission-check.ts';
import type { Permission } from './permissions.ts';
import type { AuthenticatedRequest } from './principal.ts';

/** May the caller do this? Runs behind the AuthenticationGuard. */
@Injectable()
export class PermissionsGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly permissions: PermissionCheck,
  ) {}

  /** @throws Forbidden after the refusal was recorded */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const needed = this.reflector.get<Permission[] | undefined>(permissionsKey, context.getHandler()) ?? [];
    const held = context.switchToHttp().getRequest<AuthenticatedRequest>().user?.permissions ?? [];
    await this.permissions.demand(needed, held);
    return true;
  }
}
