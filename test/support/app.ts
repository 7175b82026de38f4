import { afterAll } from '@jest/globals';
import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../../src/app.setup.ts';
import { parseConfig } from '../../src/config/config.ts';
import { Worker } from '../../src/queue/worker.ts';
import { Api } from './api.ts';
import type { TestDatabase } from './database.ts';
import { createDatabase } from './database.ts';
import { Given } from './given.ts';
import { generousLimits } from './limits.ts';

/** The real app on a real database of its own. */
export interface Running {
  readonly app: NestFastifyApplication;
  readonly api: Api;
  readonly given: Given;
  readonly database: TestDatabase;
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

/** Starts the app for the tests of one file and ends it, and its database, behind the last of them. */
export async function start(
  environment: Readonly<Record<string, string>> = {},
  features: readonly Type[] = [],
): Promise<Running> {
  const database = await createDatabase();
  const config = parseConfig({ ...testEnvironment, DATABASE_URL: database.url, ...environment });
  const app = await createApp(config, features);
  await app.listen(0, '127.0.0.1');
  app.get(Worker).begin();
  const api = new Api(await app.getUrl());
  const given = new Given(database);
  afterAll(async () => {
    await app.close();
    await database.drop();
  });
  return { app, api, given, database };
}
