import type { TestApp } from '../harness/app/app.ts';
import { jobsApp } from '../harness/app/jobs-app.ts';
import type { UserCredentials } from '../harness/http/api.ts';
import { SubscriptionClient } from '../harness/http/subscription-client.ts';

/** The application with GraphQL and jobs, which the parts of a test file share. */
export async function subscriptionsApp(): Promise<TestApp> {
  return await jobsApp({ GRAPHQL: 'on' });
}

/** Connects a user with the access token of the one login. */
export async function connectAs({ api }: Pick<TestApp, 'api'>, user: UserCredentials): Promise<SubscriptionClient> {
  const { accessToken } = await api.tokensOf(user);
  return await SubscriptionClient.connect(api.baseUrl, { Authorization: `Bearer ${accessToken}` });
}
