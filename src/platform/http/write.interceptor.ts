import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { INTERCEPTORS_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { needsWriteInterceptor } from './idempotency/idempotency.decorators.ts';
import { IdempotencyInterceptor } from './idempotency/idempotency.interceptor.ts';
import { controllerMethods } from './server/controller-methods.ts';
import { UnusedInputGuard } from './validation/unused-input.guard.ts';

declare module 'fastify' {
  interface FastifyInstance {
    writeInterceptor: WriteInterceptor;
  }
}

/** Replays the stored response of a repeated write without any validation; checks the input of the others. */
@Injectable()
export class WriteInterceptor implements NestInterceptor {
  constructor(
    private readonly idempotency: IdempotencyInterceptor,
    private readonly unusedInput: UnusedInputGuard,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return this.idempotency.intercept(context, {
      handle: () => {
        this.unusedInput.canActivate(context);
        return next.handle();
      },
    });
  }
}

/**
 * Puts the interceptor of writes before those that a route declares. It is not global, because Nest runs any interceptor
 * through observables, which costs a read more than its handler. Must run before the routes are registered.
 */
export function registerWriteInterceptor(app: NestFastifyApplication): void {
  const interceptor = app.get(WriteInterceptor);
  app.getHttpAdapter().getInstance().decorate('writeInterceptor', interceptor);
  for (const { controller, handler } of controllerMethods(app.get(DiscoveryService))) {
    // Interceptors of a controller run before those of its methods: this one has to precede them.
    if (needsWriteInterceptor({ controller, handler }))
      prepend(declaredBy(controller).length > 0 ? controller : handler);
  }
}

/** The interceptor of the application that received the request: metadata belong to all applications of the process. */
const ofApplication: NestInterceptor = {
  intercept: (context, next) =>
    context.switchToHttp().getRequest<FastifyRequest>().server.writeInterceptor.intercept(context, next),
};

function prepend(target: object): void {
  const declared = declaredBy(target);
  if (!declared.includes(ofApplication))
    Reflect.defineMetadata(INTERCEPTORS_METADATA, [ofApplication, ...declared], target);
}

function declaredBy(target: object): unknown[] {
  return (Reflect.getMetadata(INTERCEPTORS_METADATA, target) ?? []) as unknown[];
}
