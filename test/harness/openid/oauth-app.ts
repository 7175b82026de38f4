import type { TestApp } from '../app/app.ts';
import { sharedApp } from '../app/app.ts';
import { startTestServer } from '../http/test-server.ts';
import type { GitHubServer } from './github-server.ts';
import { startGitHubServer } from './github-server.ts';
import type { LyingProvider } from './lying-provider.ts';
import { startLyingProvider } from './lying-provider.ts';
import { OAuthFlows, redirect } from './oauth-flows.ts';
import type { OpenIdProvider } from './openid-provider.ts';
import { clientSecret, startOpenIdProvider } from './openid-provider.ts';

const openId = await startOpenIdProvider();
const liar = await startLyingProvider();
const gitHub = await startGitHubServer();
const silentUrl = await startTestServer(() => undefined);
const client = { clientId: 'plinth', clientSecret };

/** The service, its providers, and the steps of logins with them. */
export interface OAuthApp extends TestApp {
  readonly running: TestApp;
  readonly openId: OpenIdProvider;
  readonly liar: LyingProvider;
  readonly gitHub: GitHubServer;
  readonly flows: OAuthFlows;
}

/** The service with all providers of the tests. */
export async function oauthApp(): Promise<OAuthApp> {
  const running = await sharedApp({
    AUTH_OAUTH_PROVIDERS: JSON.stringify({
      acme: { ...client, issuer: openId.issuer },
      liar: { ...client, issuer: liar.issuer },
      untrusted: { ...client, issuer: liar.issuer, emailTrusted: false },
      // It publishes the metadata of another issuer.
      impostor: { ...client, issuer: `${liar.issuer}/other` },
      github: { ...client, issuer: gitHub.url },
      down: { ...client, issuer: 'http://127.0.0.1:1' },
      silent: { ...client, issuer: silentUrl },
    }),
    AUTH_OAUTH_REDIRECTS: `https://app.example.com/other,${redirect}`,
    AUTH_RATE_LIMIT_MFA: '10/900',
  });
  return { ...running, running, openId, liar, gitHub, flows: new OAuthFlows(running) };
}
