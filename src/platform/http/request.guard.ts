import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { AuthenticationGuard } from './auth/authentication.guard.ts';
import { PermissionsGuard } from './auth/permissions.guard.ts';
import { RecentAuthenticationGuard } from './auth/recent-authentication.guard.ts';
import { IdempotencyKeyGuard } from './idempotency/idempotency-key.guard.ts';
import { DeprecationGuard } from './openapi/deprecation.guard.ts';
import { RateLimitGuard } from './overload/rate-limit.guard.ts';
import type { RouteGuard } from './server/route-metadata.ts';
import { oncePerRoute } from './server/route-metadata.ts';
import { UnusedInputGuard } from './validation/unused-input.guard.ts';

/**
 * Runs the guards that a route needs, in this order. One global guard: for each one of its own Nest would create a
 * promise on every request.
 */
@Injectable()
export class RequestGuard implements CanActivate {
  private readonly guardsOf: (context: ExecutionContext) => readonly RouteGuard[];

  constructor(
    deprecation: DeprecationGuard,
    idempotencyKeys: IdempotencyKeyGuard,
    authentication: AuthenticationGuard,
    rateLimit: RateLimitGuard,
    permissions: PermissionsGuard,
    recentAuthentication: RecentAuthenticationGuard,
    unusedInput: UnusedInputGuard,
  ) {
    const all = [
      deprecation,
      idempotencyKeys,
      authentication,
      rateLimit,
      permissions,
      recentAuthentication,
      unusedInput,
    ];
    this.guardsOf = oncePerRoute((route) => all.filter((guard) => guard.isNeeded(route)));
  }

  /** Resolves to true, or throws what a guard throws. */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const guards = this.guardsOf(context);
    for (const [at, guard] of guards.entries()) {
      const result = guard.canActivate(context);
      if (result !== true) return this.finish(result, guards.slice(at + 1), context);
    }
    return true;
  }

  /** After the first guard that takes time. */
  private async finish(
    first: boolean | Promise<boolean>,
    guards: readonly RouteGuard[],
    context: ExecutionContext,
  ): Promise<boolean> {
    if (!(await first)) return false;
    for (const guard of guards) if (!(await guard.canActivate(context))) return false;
    return true;
  }
}
