import type { Type } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import { MetadataScanner } from '@nestjs/core';

/** A method of a controller: the handler of a route, or any other one. */
export interface ControllerMethod {
  readonly controller: Type;
  readonly name: string;
  readonly handler: () => unknown;
}

/** The methods of all controllers of an application, which may be a preview. */
export function controllerMethods(discovery: DiscoveryService): ControllerMethod[] {
  const scanner = new MetadataScanner();
  return discovery.getControllers().flatMap(({ metatype }) => {
    if (typeof metatype !== 'function') return [];
    const prototype = metatype.prototype as Record<string, () => unknown>;
    return scanner.getAllMethodNames(prototype).flatMap((name) => {
      const handler = prototype[name];
      return handler === undefined ? [] : [{ controller: metatype as Type, name, handler }];
    });
  });
}
