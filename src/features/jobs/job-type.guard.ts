import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { PermissionChecker } from '../../platform/http/auth/permission-checker.ts';
import type { AuthenticatedRequest } from '../../platform/http/auth/principal.ts';
import { JobRegistry } from '../../platform/queue/job-registry.ts';
import { permissionsToCreate } from './job-permissions.ts';

/** Checks the permission of the type of job in the body. Validation rejects unknown and internal types afterwards. */
@Injectable()
export class JobTypeGuard implements CanActivate {
  constructor(
    private readonly registry: JobRegistry,
    private readonly permissions: PermissionChecker,
  ) {}

  /** @throws Forbidden, recorded in the audit log */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { body, user } = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const needed = permissionsToCreate(this.registry.find(typeIn(body)));
    await this.permissions.assertPermissions(needed, user?.permissions ?? []);
    return true;
  }
}

function typeIn(body: unknown): string {
  if (typeof body !== 'object' || body === null || !('type' in body)) return '';
  return typeof body.type === 'string' ? body.type : '';
}
