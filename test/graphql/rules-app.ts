import type { OperationsApp } from '../contracts/operations-app.ts';
import { operationsApp } from '../contracts/operations-app.ts';

/** The application of the rules of the API with GraphQL, which the parts of a test file share. */
export async function rulesApp(): Promise<OperationsApp> {
  return await operationsApp({ GRAPHQL: 'on' });
}
