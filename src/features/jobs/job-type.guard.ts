import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { PermissionChecker } from '../../platform/http/auth/permission-checker.ts';
import type { AuthenticatedRequest } from '../../platform/http/auth/principal.ts';
import { callerOf } from '../../platform/http/auth/principal.ts';
import { RecentAuthentication } from '../../platform/http/auth/recent-authentication.ts';
import { httpContextOf } from '../../platform/http/server/graphql-exchange.ts';
import { JobRegistry } from '../../platform/queue/job-registry.ts';
import { accessToCreate } from './job-permissions.ts';

/**
 * Checks the permission and the step-up of the type of job in the body. Validation rejects unknown and internal types
 * afterwards.
 */
@Injectable()
export class JobTypeGuard implements CanActivate {
  constructor(
    private readonly registry: JobRegistry,
    private readonly permissions: PermissionChecker,
    private readonly recentAuthentication: RecentAuthentication,
  ) {}

  /** @throws Forbidden, recorded in the audit log; ReauthenticationRequired */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { body, user } = httpContextOf(context).switchToHttp().getRequest<AuthenticatedRequest>();
    const { permissions, recentAuthentication } = accessToCreate(this.registry.find(typeIn(body)));
    await this.permissions.assertPermissions(permissions, user?.permissions ?? []);
    if (recentAuthentication) this.recentAuthentication.assertRecent(callerOf(context));
    return true;
  }
}

function typeIn(body: unknown): string {
  if (typeof body !== 'object' || body === null || !('type' in body)) return '';
  return typeof body.type === 'string' ? body.type : '';
}
