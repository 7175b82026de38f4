import { afterAll } from '@jest/globals';
import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../../../src/app.setup.ts';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { AccessInvalidationBus } from '../../../src/platform/cache-invalidation/access-invalidation-bus.ts';
import type { Config } from '../../../src/platform/config/config.ts';
import { parseConfig } from '../../../src/platform/config/config.ts';
import { Dispatcher } from '../../../src/platform/queue/dispatch/dispatcher.ts';
import { Api } from '../http/api.ts';
import type { TestDatabase } from '../database/database.ts';
import { createDatabase, throughPooler } from '../database/database.ts';
import { Factory } from '../database/factory.ts';
import { Cluster, clusterMode } from './cluster.ts';
import { cheapestHashes, quickHashes, testEnvironment } from './environment.ts';
import { waitUntil } from '../process/wait-until.ts';
import { workerThreadProgram } from './worker-thread-program.ts';
import { withRedis } from '../redis/redis-mode.ts';

/** The application on a database of its own. */
export interface TestApp {
  readonly app: NestFastifyApplication;
  readonly api: Api;
  readonly factory: Factory;
  readonly database: TestDatabase;
  /** Waits until the service has received the invalidations of all changes that a test made by SQL. */
  readonly invalidationsDelivered: () => Promise<void>;
}

/** Threads do not transform TypeScript: those of a test run the handlers of the built application. */
const builtThreads = workerThreadProgram(new URL('../../../dist/worker-thread.js', import.meta.url));

/** A notification is lost while the service is not connected. */
const repeatMs = 100;

type Environment = Readonly<Record<string, string>>;

/** The configuration of a test's service on a database. */
export function testConfig(variables: Environment): Config {
  const config = parseConfig(testVariables(variables));
  const isCostSet = Object.keys(variables).some((name) => name in cheapestHashes);
  return isCostSet ? config : { ...config, auth: { ...config.auth, ...quickHashes } };
}

function testVariables(variables: Environment): Environment {
  return withRedis(throughPooler({ ...testEnvironment, ...variables }));
}

/**
 * Starts an application with a database of its own; both are removed after the last test of the file. It runs in the
 * process of the test, or as a cluster of processes in `npm run test:cluster`.
 */
export async function startApp(environment: Environment = {}, features: readonly Type[] = []): Promise<TestApp> {
  const database = await createDatabase();
  if (clusterMode === 'on') return await clusterApp(database, environment, features);
  const config = testConfig({ DATABASE_URL: database.url, ...environment });
  if (config.database.pooled) await database.limit(config.database.statementTimeoutMs);
  const app = await createApp(config, [...features, builtThreads]);
  await app.listen(0, '127.0.0.1');
  app.get(Dispatcher).begin();
  const api = new Api(await app.getUrl());
  const factory = new Factory(database, config.auth);
  afterAll(async () => {
    await app.close();
    await database.drop();
  });
  const invalidationsDelivered = async (): Promise<void> => {
    await waitForInvalidation(database, async (userId) => {
      await invalidationReceived(app, userId);
    });
  };
  return { app, api, factory, database, invalidationsDelivered };
}

/** The same as processes of their own. `app` is one more, which neither serves requests nor executes jobs. */
async function clusterApp(
  database: TestDatabase,
  environment: Environment,
  features: readonly Type[],
): Promise<TestApp> {
  const variables = testVariables({ DATABASE_URL: database.url, ...environment });
  const cluster = await Cluster.start({ variables, features });
  const config = parseConfig({ ...variables, WORKER: 'off' });
  const app = await (await createApp(config, features)).init();
  afterAll(async () => {
    await app.close();
    await cluster.close();
    await database.drop();
  });
  const invalidationsDelivered = async (): Promise<void> => {
    await waitForInvalidation(database, async (userId) => {
      await cluster.invalidationReceived(userId);
    });
  };
  const api = new Api(cluster.url);
  // Not for a test that names another database: notifications reach the processes on their own only.
  if (environment['DATABASE_URL'] === undefined) api.settle = oneAfterAnother(invalidationsDelivered);
  return { app, api, factory: new Factory(database, config.auth), database, invalidationsDelivered };
}

/** Calls of the returned function wait for each other. */
function oneAfterAnother(work: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return async () => {
    last = last.then(work);
    await last;
  };
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
async function waitForInvalidation(database: TestDatabase, receive: (userId: string) => Promise<void>): Promise<void> {
  const userId = randomUUID();
  const received = receive(userId).then(() => true);
  await waitUntil('the service receives invalidations', async () => {
    await database.pool.query(`SELECT pg_notify('plinth_access_invalidations', $1)`, [JSON.stringify({ userId })]);
    return await Promise.race([received, delay(repeatMs, false)]);
  });
}

async function invalidationReceived(app: NestFastifyApplication, userId: string): Promise<void> {
  const bus = app.get(AccessInvalidationBus);
  await new Promise<void>((resolve) => {
    bus.subscribe({
      onInvalidation: (invalidation) => {
        // While it is not up to date, the service reads the database.
        if (invalidation.userId === userId && bus.isUpToDate()) resolve();
      },
      invalidateAll: () => undefined,
    });
    bus.start();
  });
}
