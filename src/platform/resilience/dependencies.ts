import { Global, Injectable, Module } from '@nestjs/common';
import type { DependencyOptions } from './dependency.ts';
import { Dependency } from './dependency.ts';

/** Services outside of this system that a process works without, as /readyz names them. */
export const dependencyNames = ['breached-passwords', 'login-providers', 'smtp'] as const;

type DependencyName = (typeof dependencyNames)[number];

/** The dependencies of this process. */
@Injectable()
export class Dependencies {
  private readonly all: { readonly name: DependencyName; readonly dependency: Dependency }[] = [];

  add(name: DependencyName, options: DependencyOptions): Dependency {
    const dependency = new Dependency(name, options);
    this.all.push({ name, dependency });
    return dependency;
  }

  /** Those that failed several times in a row, and have not responded since. */
  get unavailable(): readonly DependencyName[] {
    const failing = this.all.filter(({ dependency }) => !dependency.isAvailable);
    return [...new Set(failing.map(({ name }) => name))];
  }
}

@Global()
@Module({ providers: [Dependencies], exports: [Dependencies] })
export class DependenciesModule {}
