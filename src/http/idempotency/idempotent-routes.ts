import type { OnModuleInit, Type } from '@nestjs/common';
import { Injectable, RequestMethod, StreamableFile, VERSION_NEUTRAL } from '@nestjs/common';
import {
  METHOD_METADATA,
  RESPONSE_PASSTHROUGH_METADATA,
  ROUTE_ARGS_METADATA,
  SSE_METADATA,
  VERSION_METADATA,
} from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { accessKey } from '../auth/access.decorators.ts';
import { idempotencyKey, idempotencyScopeKey } from './idempotency.decorators.ts';

/** A handler of a controller. */
interface Route {
  readonly controller: Type;
  readonly name: string;
  readonly handler: object;
}

const unsafe = new Set([
  RequestMethod.POST,
  RequestMethod.PUT,
  RequestMethod.PATCH,
  RequestMethod.DELETE,
  RequestMethod.ALL,
]);

/** Refuses to start with a route that takes idempotency keys and can not keep what they promise. */
@Injectable()
export class IdempotentRoutes implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  /** @throws Error naming the first such route */
  onModuleInit(): void {
    for (const route of this.routes().filter((each) => this.takesKeys(each))) {
      const reason = this.objection(route);
      if (reason !== undefined) {
        throw new Error(
          `${route.controller.name}.${route.name} ${reason}: @IgnoresIdempotencyKey() it, or change that`,
        );
      }
    }
  }

  private routes(): Route[] {
    return this.discovery.getControllers().flatMap(({ metatype }) => {
      if (typeof metatype !== 'function') return [];
      const prototype = metatype.prototype as Record<string, object>;
      return this.scanner
        .getAllMethodNames(prototype)
        .map((name) => ({ controller: metatype as Type, name, handler: prototype[name] ?? {} }));
    });
  }

  private takesKeys({ controller, handler }: Route): boolean {
    const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
    if (method === undefined || !unsafe.has(method)) return false;
    return (
      this.said(VERSION_METADATA, { controller, handler }) !== VERSION_NEUTRAL &&
      this.said(idempotencyKey, { controller, handler }) !== 'ignored'
    );
  }

  private objection(route: Route): string | undefined {
    if (isStreaming(route)) return 'answers with a stream, which can not be repeated';
    if (this.said(accessKey, route) === undefined || Reflect.hasMetadata(idempotencyScopeKey, route.handler))
      return undefined;
    return 'does not know whose the keys are that it is sent';
  }

  private said(name: string, { controller, handler }: Pick<Route, 'controller' | 'handler'>): unknown {
    return this.reflector.getAllAndOverride<unknown>(name, [handler as () => unknown, controller]);
  }
}

/** Server-sent events, a file, or a reply that the handler sends itself. */
function isStreaming({ controller, name, handler }: Route): boolean {
  if (Reflect.getMetadata(SSE_METADATA, handler) === true) return true;
  if (Reflect.getMetadata('design:returntype', controller.prototype as object, name) === StreamableFile) return true;
  if (documentsOtherThanJson(handler)) return true;
  const read = Object.keys((Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) ?? {}) as object);
  const takesReply = read.map((kind) => Number(kind.split(':', 1)[0])).includes(RouteParamtypes.RESPONSE);
  return takesReply && Reflect.getMetadata(RESPONSE_PASSTHROUGH_METADATA, controller, name) !== true;
}

/** An asynchronous handler's type doesn't say what it returns, but its document does. */
function documentsOtherThanJson(handler: object): boolean {
  const responses = (Reflect.getMetadata('swagger/apiResponse', handler) ?? {}) as Record<string, { content?: object }>;
  return Object.values(responses).some(({ content = {} }) =>
    Object.keys(content).some((type) => !type.includes('json')),
  );
}
