import type { OnModuleInit } from '@nestjs/common';
import { Injectable, RequestMethod, StreamableFile, VERSION_NEUTRAL } from '@nestjs/common';
import {
  METHOD_METADATA,
  RESPONSE_PASSTHROUGH_METADATA,
  ROUTE_ARGS_METADATA,
  SSE_METADATA,
  VERSION_METADATA,
} from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { DiscoveryService, Reflector } from '@nestjs/core';
import { accessKey } from '../auth/access.decorators.ts';
import type { ControllerMethod } from '../server/controller-methods.ts';
import { controllerMethods } from '../server/controller-methods.ts';
import { acceptsKeys, idempotencyKey, idempotencyScopeKey } from './idempotency.decorators.ts';

const unsafe = new Set([
  RequestMethod.POST,
  RequestMethod.PUT,
  RequestMethod.PATCH,
  RequestMethod.DELETE,
  RequestMethod.ALL,
]);

/**
 * Fails the startup when a route accepts idempotency keys and its responses cannot be stored or its keys have no scope.
 */
@Injectable()
export class IdempotentRouteValidator implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly reflector: Reflector,
  ) {}

  /** @throws Error naming the first such route */
  onModuleInit(): void {
    for (const route of controllerMethods(this.discovery).filter((each) => this.acceptsKeys(each))) {
      const reason = this.findViolation(route);
      if (reason !== undefined) {
        throw new Error(
          `${route.controller.name}.${route.name} ${reason}: add @IgnoresIdempotencyKey(), or change the route`,
        );
      }
    }
  }

  private acceptsKeys(route: ControllerMethod): boolean {
    const method = Reflect.getMetadata(METHOD_METADATA, route.handler) as RequestMethod | undefined;
    if (method === undefined || !unsafe.has(method)) return false;
    if (this.metadataOf(VERSION_METADATA, route) === VERSION_NEUTRAL) return false;
    return acceptsKeys({
      access: this.metadataOf(accessKey, route),
      handling: this.metadataOf(idempotencyKey, route),
      scope: this.metadataOf(idempotencyScopeKey, route),
    });
  }

  private findViolation(route: ControllerMethod): string | undefined {
    if (isStreaming(route)) return 'returns a stream, which cannot be stored';
    const isAuthenticated = this.metadataOf(accessKey, route) === undefined;
    if (isAuthenticated || Reflect.hasMetadata(idempotencyScopeKey, route.handler)) return undefined;
    return 'accepts keys of unauthenticated clients without @IdempotentPerToken()';
  }

  private metadataOf(name: string, { controller, handler }: ControllerMethod): unknown {
    return this.reflector.getAllAndOverride<unknown>(name, [handler, controller]);
  }
}

/** Server-sent events, a file, or a response that the handler sends itself. */
function isStreaming({ controller, name, handler }: ControllerMethod): boolean {
  if (Reflect.getMetadata(SSE_METADATA, handler) === true) return true;
  if (Reflect.getMetadata('design:returntype', controller.prototype as object, name) === StreamableFile) return true;
  if (documentsOtherThanJson(handler)) return true;
  const parameters = Object.keys((Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) ?? {}) as object);
  const usesResponse = parameters.map((kind) => Number(kind.split(':', 1)[0])).includes(RouteParamtypes.RESPONSE);
  return usesResponse && Reflect.getMetadata(RESPONSE_PASSTHROUGH_METADATA, controller, name) !== true;
}

/** The return type of an asynchronous handler is Promise; its documented media types show what it returns. */
function documentsOtherThanJson(handler: object): boolean {
  const responses = (Reflect.getMetadata('swagger/apiResponse', handler) ?? {}) as Record<string, { content?: object }>;
  return Object.values(responses).some(({ content = {} }) =>
    Object.keys(content).some((type) => !type.includes('json')),
  );
}
