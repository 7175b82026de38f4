import type { TestApp } from './app.ts';
import { sharedApp } from './app.ts';
import { ExampleJobsModule } from './example-jobs.ts';
import { shortQueueTimings } from './queue-timings.ts';
import { TestJobsModule } from './test-jobs.ts';

/** The origin of a front end that may read the responses of jobsApp(). */
export const frontEndOrigin = 'https://app.example.com';

const features = [ExampleJobsModule, TestJobsModule, shortQueueTimings()];

/** The application that the parts of a test file share, with jobs and short intervals of the queue. */
export async function jobsApp(variables: Readonly<Record<string, string>> = {}): Promise<TestApp> {
  return await sharedApp({ CORS_ORIGINS: frontEndOrigin, ...variables }, features);
}
