import { Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE, DiscoveryModule } from '@nestjs/core';
import { AuthenticationGuard } from './auth/authentication.guard.ts';
import { AccessPolicyLoader } from './auth/access-policy-loader.ts';
import { HttpAuthModule } from './auth/http-auth.module.ts';
import { PermissionChecker } from './auth/permission-checker.ts';
import { PermissionsGuard } from './auth/permissions.guard.ts';
import { RecentAuthentication } from './auth/recent-authentication.ts';
import { RecentAuthenticationGuard } from './auth/recent-authentication.guard.ts';
import { HtmlPages } from './html/html-pages.ts';
import { HostCookies } from './server/host-cookies.ts';
import { IdempotencyInterceptor } from './idempotency/idempotency.interceptor.ts';
import { DeprecationGuard } from './openapi/deprecation.guard.ts';
import { IdempotencyKeyGuard } from './idempotency/idempotency-key.guard.ts';
import { IdempotencyRepository } from './idempotency/idempotency.repository.ts';
import { IdempotentRouteValidator } from './idempotency/idempotent-route-validator.ts';
import { IdempotentExecutor } from './idempotency/idempotent-executor.ts';
import { KeyedFingerprints } from './idempotency/keyed-fingerprints.ts';
import { TwoPhaseRequests } from './idempotency/two-phase-requests.ts';
import { PaginationModule } from './pagination/pagination.module.ts';
import { ProblemFilter } from './server/problem.filter.ts';
import { ProblemsController } from './openapi/problems.controller.ts';
import { AllowedMethods } from './server/allowed-methods.ts';
import { ShutdownState } from './server/shutdown-state.ts';
import { EventStreams } from './streaming/event-streams.ts';
import { RateLimitGuard } from './overload/rate-limit.guard.ts';
import { OverloadModule } from './overload/overload.module.ts';
import { Feature } from '../feature/feature.ts';
import { StrictValidationPipe } from './validation/strict-validation.pipe.ts';
import { UnusedInputGuard } from './validation/unused-input.guard.ts';
import { RequestGuard } from './request.guard.ts';
import { WriteInterceptor } from './write.interceptor.ts';

/** The global guard, pipe and filter, and the interceptor of writes; server/request-hooks.ts runs before Nest. */
@Global()
@Module({
  imports: [
    DiscoveryModule,
    HttpAuthModule,
    PaginationModule,
    OverloadModule,
    Feature.declare({
      retention: [
        {
          table: 'idempotency_records',
          expired: 'expires_at <= now()',
          orderBy: 'expires_at',
          key: ['scope', 'key'],
        },
      ],
    }),
  ],
  controllers: [ProblemsController],
  providers: [
    AccessPolicyLoader,
    AllowedMethods,
    AuthenticationGuard,
    DeprecationGuard,
    ShutdownState,
    EventStreams,
    HostCookies,
    HtmlPages,
    IdempotencyInterceptor,
    IdempotencyKeyGuard,
    IdempotencyRepository,
    IdempotentRouteValidator,
    IdempotentExecutor,
    KeyedFingerprints,
    PermissionChecker,
    PermissionsGuard,
    RateLimitGuard,
    RecentAuthentication,
    RecentAuthenticationGuard,
    RequestGuard,
    TwoPhaseRequests,
    UnusedInputGuard,
    WriteInterceptor,
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_GUARD, useExisting: RequestGuard },
    { provide: APP_PIPE, useClass: StrictValidationPipe },
  ],
  exports: [
    AllowedMethods,
    ShutdownState,
    EventStreams,
    HostCookies,
    HtmlPages,
    IdempotencyRepository,
    KeyedFingerprints,
    PermissionChecker,
    RecentAuthentication,
    RequestGuard,
  ],
})
export class HttpModule {}
