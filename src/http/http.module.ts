import { Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, DiscoveryModule } from '@nestjs/core';
import { AuthenticationGuard } from './auth/authentication.guard.ts';
import { HttpAuthModule } from './auth/http-auth.module.ts';
import { PermissionCheck } from './auth/permission-check.ts';
import { PermissionsGuard } from './auth/permissions.guard.ts';
import { HostCookies } from './cookies/host-cookies.ts';
import { IdempotencyInterceptor } from './idempotency/idempotency.interceptor.ts';
import { DeprecationGuard } from './deprecation/deprecation.guard.ts';
import { IdempotencyKeyGuard } from './idempotency/idempotency-key.guard.ts';
import { IdempotencyRepository } from './idempotency/idempotency.repository.ts';
import { IdempotentRoutes } from './idempotency/idempotent-routes.ts';
import { KeyedRequests } from './idempotency/keyed-requests.ts';
import { PreparedRequests } from './idempotency/prepared-requests.ts';
import { StartPageController } from './openapi/start-page.controller.ts';
import { PaginationModule } from './pagination/pagination.module.ts';
import { ProblemFilter } from './problem/problem.filter.ts';
import { ProblemsController } from './problem/problems.controller.ts';
import { AllowedMethods } from './server/allowed-methods.ts';
import { Draining } from './server/draining.ts';
import { EventStreams } from './streaming/event-streams.ts';
import { ThrottlingGuard } from './throttling/throttling.guard.ts';
import { ThrottlingModule } from './throttling/throttling.module.ts';
import { StrictValidationPipe } from './validation/strict-validation.pipe.ts';
import { UnreadInputInterceptor } from './validation/unread-input.interceptor.ts';

/** What every request passes through, in this order; what comes before Nest is in server/edge.ts. */
@Global()
@Module({
  imports: [DiscoveryModule, HttpAuthModule, PaginationModule, ThrottlingModule],
  controllers: [ProblemsController, StartPageController],
  providers: [
    AllowedMethods,
    Draining,
    EventStreams,
    HostCookies,
    IdempotencyRepository,
    IdempotentRoutes,
    KeyedRequests,
    PermissionCheck,
    PreparedRequests,
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_GUARD, useClass: DeprecationGuard },
    { provide: APP_GUARD, useClass: IdempotencyKeyGuard },
    { provide: APP_GUARD, useClass: AuthenticationGuard },
    { provide: APP_GUARD, useClass: ThrottlingGuard },
    { provide: APP_GUARD, useClass: PermissionsGuard },
    { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
    { provide: APP_INTERCEPTOR, useClass: UnreadInputInterceptor },
    { provide: APP_PIPE, useClass: StrictValidationPipe },
  ],
  exports: [AllowedMethods, Draining, EventStreams, HostCookies, PermissionCheck],
})
export class HttpModule {}
