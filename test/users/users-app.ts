import { ExampleJobsModule } from '../harness/app/example-jobs.ts';
import type { TestApp } from '../harness/app/app.ts';
import { sharedApp } from '../harness/app/app.ts';

/** The application of all parts of user-management.e2e-spec.ts, with jobs that users own. */
export async function usersApp(): Promise<TestApp> {
  return await sharedApp({}, [ExampleJobsModule]);
}
