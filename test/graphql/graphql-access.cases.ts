import { describe, expect, it } from '@jest/globals';
import { GUARDS_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import {
  accessKey,
  acceptsApiKeys,
  apiKeysKey,
  missingMfaKey,
  permissionsKey,
  recentAuthenticationKey,
} from '../../src/platform/http/auth/access.decorators.ts';
import { fieldNameOf } from '../harness/http/rest-by-graphql.ts';
import { graphqlApp } from './graphql-app.ts';

const { app } = await graphqlApp();

type Handler = object;

/** The routes of the API, by the names of the fields that do the same. */
function routes(): Map<string, Handler> {
  const scanner = new MetadataScanner();
  const controllers = app.get(DiscoveryService, { strict: false }).getControllers();
  return new Map(
    controllers.flatMap(({ metatype }) => {
      const prototype = metatype?.prototype as Record<string, Handler>;
      return scanner.getAllMethodNames(prototype).flatMap((name): [string, Handler][] => {
        const handler = prototype[name] ?? {};
        const operation = Reflect.getMetadata('swagger/apiOperation', handler) as { operationId?: string } | undefined;
        return operation?.operationId === undefined ? [] : [[fieldNameOf(operation.operationId), handler]];
      });
    }),
  );
}

/** The handlers of root fields, by the names of the fields. */
function resolvers(): Map<string, Handler> {
  const scanner = new MetadataScanner();
  const found = new Map<string, Handler>();
  for (const { instance } of app.get(DiscoveryService, { strict: false }).getProviders()) {
    const prototype =
      typeof instance === 'object' && instance !== null ? (Object.getPrototypeOf(instance) as object) : {};
    for (const name of scanner.getAllMethodNames(prototype)) {
      const handler = (prototype as Record<string, Handler>)[name] ?? {};
      const type: unknown = Reflect.getMetadata('graphql:resolver_type', handler);
      if (type === 'Query' || type === 'Mutation' || type === 'Subscription') found.set(name, handler);
    }
  }
  return found;
}

function accessOf(handler: Handler): object {
  const read = (key: string): unknown => Reflect.getMetadata(key, handler);
  const [permissions = [], apiKeys] = [read(permissionsKey), read(apiKeysKey)];
  return {
    access: read(accessKey),
    permissions,
    apiKeys: acceptsApiKeys({ apiKeys, permissions }),
    missingMfa: read(missingMfaKey) === true,
    recentAuthentication: String(read(recentAuthenticationKey)),
    guards: read(GUARDS_METADATA) ?? [],
  };
}

describe('Each root field', () => {
  const { schema } = app.get(GraphQLSchemaHost, { strict: false });
  const fields = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
    Object.keys(type?.getFields() ?? {}),
  );
  const handlers = resolvers();
  const routeOfField = routes();

  it.each(fields)('declares the access of its route: %s', (field) => {
    const route = routeOfField.get(field);

    expect(route).toBeDefined();
    expect(accessOf(handlers.get(field) ?? {})).toEqual(accessOf(route ?? {}));
  });
});
