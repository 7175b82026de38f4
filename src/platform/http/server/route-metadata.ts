import type { ExecutionContext, Type } from '@nestjs/common';
import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants.js';

/** A route as Nest knows it: its handler and the controller, which may inherit the handler. */
export interface Route {
  readonly handler: object;
  readonly controller: Type;
}

/**
 * Caches what `read` derives from the decorators of a route: they do not change, and reading them costs more than most
 * guards.
 */
export function oncePerRoute<T>(read: (route: Route) => T): (context: ExecutionContext) => T {
  const values = new WeakMap<object, Map<Type, T>>();
  return (context) => {
    const [handler, controller] = [context.getHandler(), context.getClass()];
    const ofHandler = values.get(handler) ?? new Map<Type, T>();
    if (ofHandler.has(controller)) return ofHandler.get(controller) as T;
    const value = read({ handler, controller });
    ofHandler.set(controller, value);
    values.set(handler, ofHandler);
    return value;
  };
}

/** The metadata of the handler or else of its controller. */
export function metadataOf(key: string, { handler, controller }: Route): unknown {
  return Reflect.getMetadata(key, handler) ?? Reflect.getMetadata(key, controller);
}

/** Whether the route takes a method that is not safe (RFC 9110 §9.2.1). */
export function isWrite(handler: object): boolean {
  return !safeMethods.has(Reflect.getMetadata(METHOD_METADATA, handler));
}

const safeMethods = new Set<unknown>([RequestMethod.GET, RequestMethod.HEAD, RequestMethod.OPTIONS]);
