import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { permissionsKey } from './access.decorators.ts';
import { Forbidden } from './auth.errors.ts';
import { Denials } from './denials.ts';
import type { Permission } from './permissions.ts';
import type { AuthenticatedRequest } from './principal.ts';

/** May the caller do this? Runs behind the AuthenticationGuard. */
@Injectable()
export class PermissionsGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly denials: Denials,
  ) {}

  /** @throws Forbidden after the refusal was recorded */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const needed = this.reflector.get<Permission[] | undefined>(permissionsKey, context.getHandler()) ?? [];
    const held = context.switchToHttp().getRequest<AuthenticatedRequest>().user?.permissions ?? [];
    const missing = needed.filter((permission) => !held.includes(permission));
    if (missing.length === 0) return true;
    await this.denials.forbidden(`missing permission ${missing.join(', ')}`);
    throw new Forbidden({ detail: `This operation needs ${missing.join(', ')}.` });
  }
}
