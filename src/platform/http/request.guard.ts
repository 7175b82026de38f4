import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { AuthenticationGuard } from './auth/authentication.guard.ts';
import { PermissionsGuard } from './auth/permissions.guard.ts';
import { callerOf } from './auth/principal.ts';
import { RecentAuthenticationGuard } from './auth/recent-authentication.guard.ts';
import { IdempotencyKeyGuard } from './idempotency/idempotency-key.guard.ts';
import { needsWriteInterceptor } from './idempotency/idempotency.decorators.ts';
import { DeprecationGuard } from './openapi/deprecation.guard.ts';
import { RateLimitGuard } from './overload/rate-limit.guard.ts';
import { httpContextOf, isGraphql, isMutation } from './server/graphql-exchange.ts';
import { oncePerRoute } from './server/route-metadata.ts';
import { UnusedInputGuard } from './validation/unused-input.guard.ts';

/** Each throws instead of returning false, and returns a promise only if it has to wait. */
interface Guard {
  readonly canActivate: (context: ExecutionContext) => boolean | Promise<boolean>;
}

const isIntercepted = oncePerRoute(needsWriteInterceptor);

/**
 * Runs these guards in this order. They are one global guard: for each one of its own Nest would create a promise on
 * every request.
 */
@Injectable()
export class RequestGuard implements CanActivate {
  private readonly guards: readonly Guard[];
  /** Those of a GraphQL field; the route of its request has passed all guards. */
  private readonly fieldGuards: readonly Guard[];
  /** Mutations are executed one after the other: the session may have ended, or permissions changed, since the first one. */
  private readonly mutationGuards: readonly Guard[];

  constructor(
    deprecation: DeprecationGuard,
    idempotencyKeys: IdempotencyKeyGuard,
    authentication: AuthenticationGuard,
    rateLimit: RateLimitGuard,
    permissions: PermissionsGuard,
    recentAuthentication: RecentAuthenticationGuard,
    unusedInput: UnusedInputGuard,
  ) {
    this.guards = [
      deprecation,
      idempotencyKeys,
      authentication,
      rateLimit,
      permissions,
      recentAuthentication,
      // The WriteInterceptor checks the input of its routes itself, unless it has found a stored response.
      { canActivate: (context) => isIntercepted(context) || unusedInput.canActivate(context) },
    ];
    this.fieldGuards = [permissions, recentAuthentication];
    this.mutationGuards = [authentication, ...this.fieldGuards];
  }

  /** @throws the problems of the guards; Unauthenticated for a GraphQL field without a caller, whatever it declares */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (!isGraphql(context)) return run(this.guards, context);
    callerOf(context);
    return run(isMutation(context) ? this.mutationGuards : this.fieldGuards, httpContextOf(context));
  }
}

function run(guards: readonly Guard[], context: ExecutionContext): boolean | Promise<boolean> {
  for (const [at, guard] of guards.entries()) {
    const result = guard.canActivate(context);
    if (result !== true) return finish(result, guards.slice(at + 1), context);
  }
  return true;
}

/** After the first guard that has to wait. */
async function finish(
  first: boolean | Promise<boolean>,
  others: readonly Guard[],
  context: ExecutionContext,
): Promise<boolean> {
  if (!(await first)) return false;
  for (const guard of others) if (!(await guard.canActivate(context))) return false;
  return true;
}
