import type { ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { Route, RouteGuard } from '../server/route-metadata.ts';
import { metadataOf, oncePerRoute } from '../server/route-metadata.ts';
import type { StepUpCondition } from './access.decorators.ts';
import { recentAuthenticationKey } from './access.decorators.ts';
import type { AuthenticatedRequest } from './principal.ts';
import { callerOf } from './principal.ts';
import { RecentAuthentication } from './recent-authentication.ts';

/** Requires a recent authentication on the routes that declare it. Runs after the PermissionsGuard. */
@Injectable()
export class RecentAuthenticationGuard implements RouteGuard {
  private readonly conditionOf = oncePerRoute(conditionIn);

  constructor(private readonly recentAuthentication: RecentAuthentication) {}

  isNeeded(route: Route): boolean {
    return conditionIn(route) !== undefined;
  }

  /** @throws ReauthenticationRequired */
  canActivate(context: ExecutionContext): boolean {
    const isRequired = this.conditionOf(context);
    if (isRequired?.(context.switchToHttp().getRequest<AuthenticatedRequest>()) === true)
      this.recentAuthentication.assertRecent(callerOf(context));
    return true;
  }
}

function conditionIn(route: Route): StepUpCondition['when'] | undefined {
  return metadataOf(recentAuthenticationKey, route) as StepUpCondition['when'] | undefined;
}
