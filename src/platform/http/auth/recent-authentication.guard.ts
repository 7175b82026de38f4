import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { metadataOf, oncePerRoute } from '../server/route-metadata.ts';
import type { StepUpCondition } from './access.decorators.ts';
import { recentAuthenticationKey } from './access.decorators.ts';
import type { AuthenticatedRequest } from './principal.ts';
import { callerOf } from './principal.ts';
import { RecentAuthentication } from './recent-authentication.ts';

/** Requires a recent authentication on the routes that declare it. Runs after the PermissionsGuard. */
@Injectable()
export class RecentAuthenticationGuard implements CanActivate {
  private readonly conditionOf = oncePerRoute(
    (route) => metadataOf(recentAuthenticationKey, route) as StepUpCondition['when'] | undefined,
  );

  constructor(private readonly recentAuthentication: RecentAuthentication) {}

  /** @throws ReauthenticationRequired */
  canActivate(context: ExecutionContext): boolean {
    const isRequired = this.conditionOf(context);
    if (isRequired?.(context.switchToHttp().getRequest<AuthenticatedRequest>()) === true)
      this.recentAuthentication.assertRecent(callerOf(context));
    return true;
  }
}
