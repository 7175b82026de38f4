import type { TestApp } from '../harness/app/app.ts';
import { sharedApp } from '../harness/app/app.ts';
import { frontEndOrigin } from '../harness/app/jobs-app.ts';
import { ExampleJobsModule } from '../harness/app/example-jobs.ts';
import { shortQueueTimings } from '../harness/app/queue-timings.ts';
import { TestJobsModule } from '../harness/app/test-jobs.ts';
import type { UserCredentials } from '../harness/http/api.ts';
import { SubscriptionClient } from '../harness/http/subscription-client.ts';

const features = [ExampleJobsModule, TestJobsModule, shortQueueTimings()];

/** The application with GraphQL and jobs, which the parts of a test file share. */
export async function subscriptionsApp(): Promise<TestApp> {
  return await sharedApp({ GRAPHQL: 'on', CORS_ORIGINS: frontEndOrigin }, features);
}

/** Connects a user with the access token of the one login. */
export async function connectAs({ api }: Pick<TestApp, 'api'>, user: UserCredentials): Promise<SubscriptionClient> {
  const { accessToken } = await api.tokensOf(user);
  return await SubscriptionClient.connect(api.baseUrl, { Authorization: `Bearer ${accessToken}` });
}
