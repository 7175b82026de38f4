import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { PermissionCheck } from '../../http/auth/permission-check.ts';
import type { AuthenticatedRequest } from '../../http/auth/principal.ts';
import { anyUser, internal } from '../../queue/job-handler.ts';
import { JobRegistry } from '../../queue/job-registry.ts';

/** May the caller ask for jobs of the type that the body names? What is no such type is left to validation. */
@Injectable()
export class JobTypeGuard implements CanActivate {
  constructor(
    private readonly registry: JobRegistry,
    private readonly permissions: PermissionCheck,
  ) {}

  /** @throws Forbidden after the refusal was recorded */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { body, user } = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const permission = this.registry.find(typeIn(body))?.permission;
    if (permission === undefined || permission === anyUser || permission === internal) return true;
    await this.permissions.demand([permission], user?.permissions ?? []);
    return true;
  }
}

function typeIn(body: unknown): string {
  if (typeof body !== 'object' || body === null || !('type' in body)) return '';
  return typeof body.type === 'string' ? body.type : '';
}
