import type { TestApp } from './app.ts';
import { sharedApp } from './app.ts';

/** Origins of apps without a server of their own. */
export const appOrigins = [
  'capacitor://localhost',
  'tauri://localhost',
  `chrome-extension://${'abcdefghijklmnop'.repeat(2)}`,
];

/** The period of responses whose time could reveal their cause, in milliseconds. */
export const responseTimePeriodMs = 50;

/** The application with settings that do not influence each other: origins, a trusted proxy, roles, response times. */
export async function configuredApp(): Promise<TestApp> {
  return await sharedApp({
    CORS_ORIGINS: ['https://app.example.com', 'http://localhost:5173', ...appOrigins].join(', '),
    TRUSTED_PROXY_HOPS: '1',
    AUTH_ROLES: JSON.stringify({ user: ['users:read'], support: ['audit:read'] }),
    AUTH_RESPONSE_TIME_PERIOD_MS: String(responseTimePeriodMs),
  });
}
