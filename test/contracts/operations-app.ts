import { ExampleJobsModule } from '../harness/app/example-jobs.ts';
import type { TestApp } from '../harness/app/app.ts';
import { sharedApp } from '../harness/app/app.ts';
import type { LyingProvider } from '../harness/openid/lying-provider.ts';
import { startLyingProvider } from '../harness/openid/lying-provider.ts';
import { redirect } from '../harness/openid/oauth-flows.ts';
import { clientSecret } from '../harness/openid/openid-provider.ts';

/** Where logins with the provider return to: the example of the document. */
export const exampleRedirect = 'https://app.example.com/logged-in';

/** The name of the provider. */
export const exampleProvider = 'google';

const provider = await startLyingProvider();

/** The configuration of the provider. */
export const providerEnvironment = {
  AUTH_OAUTH_PROVIDERS: JSON.stringify({
    [exampleProvider]: { preset: 'oidc', issuer: provider.issuer, clientId: 'plinth', clientSecret },
  }),
  AUTH_OAUTH_REDIRECTS: `${exampleRedirect},${redirect}`,
};

/** The service with everything that an operation of the document needs: magic links, jobs and a provider. */
export interface OperationsApp extends TestApp {
  readonly provider: LyingProvider;
}

/** The application of all parts of a test file. The committed document lists the built-in roles. */
export async function operationsApp(variables: Readonly<Record<string, string>> = {}): Promise<OperationsApp> {
  const environment = { AUTH_MAGIC_LINK_ENABLED: 'true', AUTH_ROLES: '{}', ...providerEnvironment, ...variables };
  const running = await sharedApp(environment, [ExampleJobsModule]);
  return { ...running, provider };
}
