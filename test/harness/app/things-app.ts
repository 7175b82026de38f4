import type { TestApp } from './app.ts';
import { sharedApp } from './app.ts';
import { effectsTable } from './test-jobs.ts';
import { ThingsFixtureModule, thingsTable } from './things-fixture.ts';

let prepared: Promise<TestApp> | undefined;

/** The application with the feature of things and its tables, which the parts of a test file share. */
export async function thingsApp(): Promise<TestApp> {
  prepared ??= prepare();
  return await prepared;
}

async function prepare(): Promise<TestApp> {
  const running = await sharedApp({}, [ThingsFixtureModule]);
  await running.database.pool.query(`${thingsTable}; ${effectsTable}`);
  return running;
}
