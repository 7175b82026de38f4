import type { TestApp } from './app.ts';
import { sharedApp } from './app.ts';
import { ExampleJobsModule } from './example-jobs.ts';

/** The application in which administrators need a second factor, and limits of credentials are small. */
export async function limitsApp(): Promise<TestApp> {
  const environment = {
    AUTH_MAGIC_LINK_ENABLED: 'true',
    AUTH_MFA_REQUIRED_ROLES: 'admin',
    AUTH_LOCKOUT_THRESHOLD: '3',
    AUTH_API_KEYS_MAX: '2',
  };
  return await sharedApp(environment, [ExampleJobsModule]);
}
