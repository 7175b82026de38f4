import { afterAll } from '@jest/globals';
import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../../../src/app.setup.ts';
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { AccessInvalidationBus } from '../../../src/platform/cache-invalidation/access-invalidation-bus.ts';
import type { Config } from '../../../src/platform/config/config.ts';
import { parseConfig } from '../../../src/platform/config/config.ts';
import { Dispatcher } from '../../../src/platform/queue/dispatch/dispatcher.ts';
import { Api } from '../http/api.ts';
import type { TestDatabase } from '../database/database.ts';
import { createDatabase, throughPooler } from '../database/database.ts';
import { Factory } from '../database/factory.ts';
import { testEnvironment } from './environment.ts';
import { waitUntil } from '../process/wait-until.ts';

/** The application on a database of its own. */
export interface TestApp {
  readonly app: NestFastifyApplication;
  readonly api: Api;
  readonly factory: Factory;
  readonly database: TestDatabase;
  /** Waits until the service has received the invalidations of all changes that a test made by SQL. */
  readonly invalidationsDelivered: () => Promise<void>;
}

/** The configuration of a test's service on a database. */
export function testConfig(variables: Readonly<Record<string, string>>): Config {
  return parseConfig(throughPooler({ ...testEnvironment, ...variables }));
}

type Environment = Readonly<Record<string, string>>;

/** Starts an application with a database of its own; both are removed after the last test of the file. */
export async function startApp(environment: Environment = {}, features: readonly Type[] = []): Promise<TestApp> {
  const database = await createDatabase();
  const config = testConfig({ DATABASE_URL: database.url, ...environment });
  if (config.database.pooled) await database.limit(config.database.statementTimeoutMs);
  const app = await createApp(config, features);
  await app.listen(0, '127.0.0.1');
  app.get(Dispatcher).begin();
  const api = new Api(await app.getUrl());
  const factory = new Factory(database);
  afterAll(async () => {
    await app.close();
    await database.drop();
  });
  const invalidationsDelivered = async (): Promise<void> => {
    await waitForInvalidations(app.get(AccessInvalidationBus), database);
  };
  return { app, api, factory, database, invalidationsDelivered };
}

interface SharedApp {
  readonly environment: Environment;
  readonly features: readonly Type[];
  readonly running: Promise<TestApp>;
}

let shared: SharedApp | undefined;

/**
 * Returns the one application of all parts (`*.cases.ts`) of a test file; its database contains the rows of all parts.
 * @throws when a part requests another configuration: `@Transactional()` uses the application that was created last
 */
export async function sharedApp(environment: Environment = {}, features: readonly Type[] = []): Promise<TestApp> {
  shared ??= { environment, features, running: startApp(environment, features) };
  if (!isDeepStrictEqual([shared.environment, shared.features], [environment, features]))
    throw new Error('The parts of a test file share one application and cannot configure it differently');
  return await shared.running;
}

/** Invalidations arrive in the order of their commits: waits for one that is committed now. */
async function waitForInvalidations(bus: AccessInvalidationBus, database: TestDatabase): Promise<void> {
  const userId = randomUUID();
  let isReceived = false;
  bus.subscribe({
    onInvalidation: (invalidation) => {
      isReceived ||= invalidation.userId === userId;
    },
    invalidateAll: () => undefined,
  });
  await waitUntil('the service receives invalidations', async () => {
    if (bus.isUpToDate() && !isReceived)
      await database.pool.query(`SELECT pg_notify('plinth_access_invalidations', $1)`, [JSON.stringify({ userId })]);
    return isReceived;
  });
}
