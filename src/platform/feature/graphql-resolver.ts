import type { Provider, Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { DiscoveryService, ModuleRef } from '@nestjs/core';

/** The token of a value that is provided while GraphQL is on. */
export const graphqlEnabled = Symbol('GraphQL is on');

type LoadResolver = () => Promise<Type>;

/** A resolver that a feature has, whether or not GraphQL is on. */
class ResolverDeclaration {
  constructor(readonly load: LoadResolver) {}
}

/**
 * Provides a resolver while GraphQL is on; goes into the `providers` of the module of its feature. Its file is loaded
 * only then: `...graphqlResolver(async () => (await import('./users.resolver.ts')).UsersResolver)`.
 */
export function graphqlResolver(load: LoadResolver): Provider[] {
  return [
    { provide: Symbol('resolver declaration'), useValue: new ResolverDeclaration(load) },
    {
      provide: Symbol('resolver'),
      inject: [ModuleRef, { token: graphqlEnabled, optional: true }],
      useFactory: async (modules: ModuleRef, enabled?: true) =>
        enabled === undefined ? undefined : await modules.create<unknown>(await load()),
    },
  ];
}

/** Loads the resolvers of all modules of an application, which may be a preview. */
export async function loadResolvers(modules: ModulesContainer): Promise<Type[]> {
  const declarations = new DiscoveryService(modules)
    .getProviders()
    .map(({ instance }) => instance as unknown)
    .filter((instance) => instance instanceof ResolverDeclaration);
  return await Promise.all(declarations.map(async ({ load }) => await load()));
}
