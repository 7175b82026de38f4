import { describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { GUARDS_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { AuditEventsController } from '../../src/features/audit/audit-events.controller.ts';
import { OwnSessionsController } from '../../src/features/auth/sessions/sessions.controller.ts';
import { JobEventsController } from '../../src/features/jobs/job-events.controller.ts';
import { JobTypesController } from '../../src/features/jobs/job-types.controller.ts';
import { JobsController } from '../../src/features/jobs/jobs.controller.ts';
import { MeController } from '../../src/features/users/me.controller.ts';
import { UserAccessController } from '../../src/features/users/user-access.controller.ts';
import { UsersController } from '../../src/features/users/users.controller.ts';
import {
  accessKey,
  acceptsApiKeys,
  apiKeysKey,
  missingMfaKey,
  permissionsKey,
  recentAuthenticationKey,
} from '../../src/platform/http/auth/access.decorators.ts';
import { graphqlApp } from './graphql-app.ts';

const { app } = await graphqlApp();

type Handler = object;

/** The route of the API that does the same as each field. */
const routes: Readonly<Record<string, Handler>> = {
  auditEvents: handlerOf(AuditEventsController, 'list'),
  job: handlerOf(JobsController, 'get'),
  jobTypes: handlerOf(JobTypesController, 'list'),
  jobs: handlerOf(JobsController, 'list'),
  me: handlerOf(MeController, 'get'),
  sessions: handlerOf(OwnSessionsController, 'list'),
  user: handlerOf(UsersController, 'get'),
  users: handlerOf(UsersController, 'list'),
  cancelJob: handlerOf(JobsController, 'cancel'),
  createJob: handlerOf(JobsController, 'create'),
  createUser: handlerOf(UsersController, 'create'),
  deleteUser: handlerOf(UsersController, 'delete'),
  disableUser: handlerOf(UserAccessController, 'disable'),
  enableUser: handlerOf(UserAccessController, 'enable'),
  restoreUser: handlerOf(UsersController, 'restore'),
  retryJob: handlerOf(JobsController, 'retry'),
  revokeSession: handlerOf(OwnSessionsController, 'revoke'),
  updateMe: handlerOf(MeController, 'update'),
  updateUser: handlerOf(UsersController, 'update'),
  jobEvents: handlerOf(JobEventsController, 'stream'),
};

function handlerOf(controller: Type<object>, name: string): Handler {
  const handler = (controller.prototype as Record<string, Handler | undefined>)[name];
  if (handler === undefined) throw new Error(`${controller.name} has no ${name}`);
  return handler;
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

  it('has a route of the API to compare with', () => {
    expect(fields.toSorted()).toEqual(Object.keys(routes).toSorted());
  });

  it.each(fields)('declares the access of its route: %s', (field) => {
    expect(accessOf(handlers.get(field) ?? {})).toEqual(accessOf(routes[field] ?? {}));
  });
});
