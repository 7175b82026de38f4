import type { OnModuleInit } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { DiscoveryService } from '@nestjs/core';
import type { JobDeclaration, JobHandler, JobHandlerClass, JobType } from './job-handler.ts';
import { jobHandlerKey } from './job-handler.ts';

/** The types of job whose handlers the loaded modules provide. */
@Injectable()
export class JobRegistry implements OnModuleInit {
  private readonly types = new Map<string, JobType>();

  constructor(private readonly discovery: DiscoveryService) {}

  onModuleInit(): void {
    for (const { metatype, instance } of this.discovery.getProviders()) {
      const options = metatype && optionsOf(metatype);
      if (options) this.add(options, instance as JobHandler<object, object, unknown>);
    }
  }

  /** Returns the type, or undefined when this build has no handler for it. */
  find(type: string): JobType | undefined {
    return this.types.get(type);
  }

  /** Returns all types, sorted by name. */
  all(): readonly JobType[] {
    return [...this.types.values()].sort((a, b) => (a.type < b.type ? -1 : 1));
  }

  private add(options: JobDeclaration, handler: JobHandler<object, object, unknown>): void {
    if (this.types.get(options.type)?.handler === handler) return;
    if (this.types.has(options.type)) throw new Error(`Two classes handle the job type ${options.type}`);
    this.types.set(options.type, { ...options, handler });
  }
}

/** Returns the declarations of all handlers in these modules, which need not be instantiated. */
export function declaredTypes(modules: ModulesContainer): JobDeclaration[] {
  const classes = new DiscoveryService(modules).getProviders().map(({ metatype }) => metatype && optionsOf(metatype));
  // A provider that two modules list occurs twice.
  return [...new Set(classes.filter((options) => options !== undefined && options !== null))];
}

/**
 * Returns the declaration of a handler class.
 * @throws Error when it has no `@JobHandler`
 */
export function typeOf<Payload extends object>(handler: JobHandlerClass<Payload>): JobDeclaration {
  const options = optionsOf(handler);
  if (options === undefined) throw new Error(`${handler.name} has no @JobHandler`);
  return options;
}

function optionsOf(target: object): JobDeclaration | undefined {
  return Reflect.getMetadata(jobHandlerKey, target) as JobDeclaration | undefined;
}
