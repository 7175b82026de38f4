import { createHash, randomBytes } from 'node:crypto';
import type { TestApp } from '../app/app.ts';
import type { ApiResponse, Tokens } from '../http/api.ts';
import { bearerOf } from '../http/mfa-flows.ts';
import { OpenIdBrowser, publicUrl } from './openid-provider.ts';

/** Where logins return to. */
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

/** The path at which a browser starts a login, with parameters of its own where a test names some. */
export function authorizePath(provider: string, parameters: Readonly<Record<string, string>> = {}): string {
  const { codeChallenge } = newVerifier();
  const query = new URLSearchParams({ redirect, codeChallenge, ...parameters });
  return `/v1/auth/oauth/${provider}/authorize?${query.toString()}`;
}

/** Where a provider sends a browser back to, with its parameters. */
export function callbackUrl(provider: string, parameters: Readonly<Record<string, string>> = {}): URL {
  return new URL(`${publicUrl}/v1/auth/oauth/${provider}/callback?${new URLSearchParams(parameters).toString()}`);
}

/** The steps of logins with providers, as a front end and a browser take them. */
export class OAuthFlows {
  constructor(private readonly running: TestApp) {}

  async start(provider: string, start?: string, verifier = newVerifier()): Promise<StartedLogin> {
    const { codeVerifier, codeChallenge } = verifier;
    const response = await this.running.api.get(start ?? authorizePath(provider, { codeChallenge }));
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

  /** The profile of the user whom a response with tokens logged in. */
  async profileOf({ body }: ApiResponse): Promise<unknown> {
    return (await this.running.api.get('/v1/users/me', bearerOf(body as Tokens))).body;
  }

  /** The whole login with the real provider. */
  async logIn(account: string, browser = new OpenIdBrowser()): Promise<ApiResponse> {
    const login = await this.start('acme');
    const returned = await this.returnFrom(login, account, browser);
    return await this.exchange(returned.get('code') ?? '', login.codeVerifier);
  }

  /** The path at which a browser starts the link or the step-up of a session. */
  async startUrl(path: string, tokens: Tokens, { codeChallenge }: { codeChallenge: string }): Promise<string> {
    const { status, body, text } = await this.running.api.post(path, { redirect, codeChallenge }, bearerOf(tokens));
    if (status !== 200) throw new Error(`${path} returned ${text}`);
    const { pathname, search } = new URL((body as { url: string }).url);
    return pathname + search;
  }

  /** The code of a link or of a step-up, which this path starts. */
  async codeFor(
    path: string,
    tokens: Tokens,
    account: string,
    browser = new OpenIdBrowser(),
  ): Promise<{ code: string; codeVerifier: string }> {
    const verifier = newVerifier();
    const { codeVerifier } = verifier;
    const start = await this.startUrl(path, tokens, verifier);
    const returned = await this.returnFrom(await this.start('acme', start, verifier), account, browser);
    return { code: returned.get('code') ?? '', codeVerifier };
  }
}

/** The cookie that a response sets, as a browser sends it. */
export function cookieOf({ headers }: ApiResponse): string {
  return headers['set-cookie']?.split(';')[0] ?? '';
}
