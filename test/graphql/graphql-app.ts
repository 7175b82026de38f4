import type { TestApp } from '../harness/app/app.ts';
import { sharedApp } from '../harness/app/app.ts';

/** The application with GraphQL, which the parts of a test file share. */
export async function graphqlApp(): Promise<TestApp> {
  return await sharedApp({ GRAPHQL: 'on' });
}
