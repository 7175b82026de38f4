import { createHash, randomBytes } from 'node:crypto';
import type { TestApp } from '../app/app.ts';
import { sharedApp } from '../app/app.ts';
import type { ApiResponse, Tokens } from '../http/api.ts';
import type { GitHubServer } from './github-server.ts';
import { startGitHubServer } from './github-server.ts';
import type { LyingProvider } from './lying-provider.ts';
import { startLyingProvider } from './lying-provider.ts';
import type { OpenIdProvider } from './openid-provider.ts';
import { clientSecret, OpenIdBrowser, startOpenIdProvider } from './openid-provider.ts';
import { startSilentServer } from './silent-server.ts';

export const redirect = 'https://app.example.com/logged-in?from=provider';

/** A login that a client has started: the URL of the provider, and what client and browser keep. */
interface StartedLogin {
  readonly url: URL;
  readonly cookie: string;
  readonly codeVerifier: string;
}

/** A verifier and its challenge (RFC 7636). */
export function newVerifier(): { readonly codeVerifier: string; readonly codeChallenge: string } {
  const codeVerifier = randomBytes(32).toString('base64url');
  return { codeVerifier, codeChallenge: createHash('sha256').update(codeVerifier).digest('base64url') };
}

/** The steps of logins with providers, as a front end and a browser take them. */
class OAuthFlows {
  constructor(private readonly running: TestApp) {}

  async start(provider: string, start?: string, verifier = newVerifier()): Promise<StartedLogin> {
    const { codeVerifier, codeChallenge } = verifier;
    const query = new URLSearchParams({ redirect, codeChallenge });
    const target = start ?? `/v1/auth/oauth/${provider}/authorize?${query.toString()}`;
    const response = await this.running.api.get(target);
    if (response.status !== 302) throw new Error(`The login with ${provider} did not start: ${response.text}`);
    return { url: new URL(response.headers['location'] ?? ''), cookie: cookieOf(response), codeVerifier };
  }

  /** The response to the callback of a provider. */
  async callback({ pathname, search }: URL, cookie?: string): Promise<ApiResponse> {
    return await this.running.api.get(pathname + search, cookie === undefined ? {} : { Cookie: cookie });
  }

  /** Logs in at the real provider. Returns the parameters with which the browser returns to the front end. */
  async returnFrom(login: StartedLogin, account: string, browser = new OpenIdBrowser()): Promise<URLSearchParams> {
    const { headers } = await this.callback(await browser.follow(login.url.href, account), login.cookie);
    return new URL(headers['location'] ?? '').searchParams;
  }

  async exchange(code: string, codeVerifier: string, headers: Record<string, string> = {}): Promise<ApiResponse> {
    return await this.running.api.post('/v1/auth/oauth/exchange', { code, codeVerifier }, headers);
  }

  /** The whole login with the real provider. */
  async logIn(account: string, browser = new OpenIdBrowser()): Promise<ApiResponse> {
    const login = await this.start('acme');
    const returned = await this.returnFrom(login, account, browser);
    return await this.exchange(returned.get('code') ?? '', login.codeVerifier);
  }

  /** The code of a link or of a step-up, which this path starts. */
  async codeFor(
    path: string,
    tokens: Tokens,
    account: string,
    browser = new OpenIdBrowser(),
  ): Promise<{ code: string; codeVerifier: string }> {
    const verifier = newVerifier();
    const { codeVerifier, codeChallenge } = verifier;
    const headers = { Authorization: `Bearer ${tokens.accessToken}` };
    const { status, body, text } = await this.running.api.post(path, { redirect, codeChallenge }, headers);
    if (status !== 200) throw new Error(`${path} returned ${text}`);
    const { pathname, search } = new URL((body as { url: string }).url);
    const returned = await this.returnFrom(await this.start('acme', pathname + search, verifier), account, browser);
    return { code: returned.get('code') ?? '', codeVerifier };
  }
}

/** The cookie that a response sets, as a browser sends it. */
export function cookieOf({ headers }: ApiResponse): string {
  return headers['set-cookie']?.split(';')[0] ?? '';
}

const openId = await startOpenIdProvider();
const liar = await startLyingProvider();
const gitHub = await startGitHubServer();
const silent = await startSilentServer();
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
      github: { ...client, issuer: gitHub.url },
      down: { ...client, issuer: 'http://127.0.0.1:1' },
      silent: { ...client, issuer: silent.url },
    }),
    AUTH_OAUTH_REDIRECTS: `https://app.example.com/other,${redirect}`,
    AUTH_RATE_LIMIT_MFA: '10/900',
  });
  return { ...running, running, openId, liar, gitHub, flows: new OAuthFlows(running) };
}
