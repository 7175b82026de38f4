import { afterAll } from '@jest/globals';
import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../../src/app.setup.ts';
import { randomUUID } from 'node:crypto';
import { AccessChanges } from '../../src/database/access-changes.ts';
import type { Config } from '../../src/config/config.ts';
import { parseConfig } from '../../src/config/config.ts';
import { Worker } from '../../src/queue/worker.ts';
import { Api } from './api.ts';
import type { TestDatabase } from './database.ts';
import { createDatabase, throughPooler } from './database.ts';
import { Given } from './given.ts';
import { generousLimits } from './limits.ts';
import { until } from './running.ts';

/** The real app on a real database of its own. */
export interface Running {
  readonly app: NestFastifyApplication;
  readonly api: Api;
  readonly given: Given;
  readonly database: TestDatabase;
  /** Waits until the service has heard of every change of access that a test has made past it, by SQL. */
  readonly heard: () => Promise<void>;
}

/** What every test's service is configured with; a test changes it by variables, as an operator would. */
export const testEnvironment = {
  NODE_ENV: 'test',
  LOG_LEVEL: 'silent',
  // Files of tests send more than a person does; what is tested about limits sets its own.
  RATE_LIMIT_REQUESTS: '1000000',
  ...generousLimits,
  APP_SECRET: 'the-secret-of-tests-is-known-to-everyone',
  // As cheap as the floor allows.
  AUTH_ARGON2_MEMORY_KIB: '19456',
  AUTH_ARGON2_PASSES: '2',
};

/** The configuration of a test's service on a database. */
export function testConfig(variables: Readonly<Record<string, string>>): Config {
  return parseConfig(throughPooler({ ...testEnvironment, ...variables }));
}

/** Starts the app for the tests of one file and ends it, and its database, behind the last of them. */
export async function start(
  environment: Readonly<Record<string, string>> = {},
  features: readonly Type[] = [],
): Promise<Running> {
  const database = await createDatabase();
  const config = testConfig({ DATABASE_URL: database.url, ...environment });
  if (config.database.pooled) await database.limit(config.database.statementTimeoutMs);
  const app = await createApp(config, features);
  await app.listen(0, '127.0.0.1');
  app.get(Worker).begin();
  const api = new Api(await app.getUrl());
  const given = new Given(database);
  afterAll(async () => {
    await app.close();
    await database.drop();
  });
  const heard = async (): Promise<void> => {
    await hear(app.get(AccessChanges), database);
  };
  return { app, api, given, database, heard };
}

/** News arrives in the order of the commits: what comes behind the others is waited for. */
async function hear(changes: AccessChanges, database: TestDatabase): Promise<void> {
  const userId = randomUUID();
  let isHeard = false;
  changes.subscribe({
    changed: (change) => {
      isHeard ||= change.userId === userId;
    },
    missed: () => undefined,
  });
  await until('the service hears of changes', async () => {
    if (changes.areCurrent() && !isHeard)
      await database.pool.query(`SELECT pg_notify('plinth_access_changes', $1)`, [JSON.stringify({ userId })]);
    return isHeard;
  });
}
