import type { NestInterceptor } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { INTERCEPTORS_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService } from '@nestjs/core';
import { IdempotencyInterceptor } from './idempotency/idempotency.interceptor.ts';
import { controllerMethods } from './server/controller-methods.ts';
import { isWrite } from './server/route-metadata.ts';
import { RejectUnusedInputInterceptor } from './validation/unused-input.ts';

/**
 * Puts the interceptors of writes, in execution order, before those that a route declares. They are not global, because
 * Nest runs any interceptor through observables, which costs a read more than its handler.
 */
@Injectable()
export class WriteInterceptors {
  private readonly own: readonly NestInterceptor[];

  constructor(
    private readonly discovery: DiscoveryService,
    idempotency: IdempotencyInterceptor,
    unusedInput: RejectUnusedInputInterceptor,
  ) {
    this.own = [idempotency, unusedInput];
  }

  /** Must run before the routes are registered, and nothing may create another application in between. */
  apply(): void {
    for (const { controller, handler } of controllerMethods(this.discovery)) {
      // Interceptors of a controller run before those of its methods: ours have to precede them.
      if (isWrite(handler)) this.prepend(declaredBy(controller).length > 0 ? controller : handler);
    }
  }

  private prepend(target: object): void {
    // The instances of an application that this process created before.
    Reflect.defineMetadata(INTERCEPTORS_METADATA, [...this.own, ...declaredBy(target)], target);
  }
}

function declaredBy(target: object): unknown[] {
  const declared = (Reflect.getOwnMetadata(INTERCEPTORS_METADATA, target) ?? []) as unknown[];
  return declared.filter(
    (each) => !(each instanceof IdempotencyInterceptor || each instanceof RejectUnusedInputInterceptor),
  );
}
