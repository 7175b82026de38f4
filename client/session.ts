import type { Client } from 'openapi-fetch';
import createClient from 'openapi-fetch';
import type { components, paths } from './api.d.ts';
import type { TokenOptions } from './session-tokens.ts';
import { SessionTokens } from './session-tokens.ts';

type Tokens = components['schemas']['TokensDto'];
type MfaRequired = components['schemas']['MfaRequiredDto'];
type AccessToken = components['schemas']['AccessTokenDto'];
type Reauthentication =
  | components['schemas']['ReauthenticateByPasswordDto']
  | components['schemas']['ReauthenticateByCodeDto']
  | components['schemas']['ReauthenticateByPasskeyDto'];
type SecondFactor = components['schemas']['VerifyMfaByCodeDto'] | components['schemas']['VerifyMfaByPasskeyDto'];
type Problem = components['schemas']['Problem'];

/** Options of a session; all but `baseUrl` have a default. */
export interface SessionOptions extends TokenOptions {
  readonly baseUrl: string;
  /** Called once when the session is over and the user has to log in again. */
  readonly onEnd?: () => void;
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** The token is valid, but the authentication too old (RFC 9470); another origin cannot read this header. */
function requiresReauthentication({ headers }: Response): boolean {
  return headers.get('WWW-Authenticate')?.includes('insufficient_user_authentication') === true;
}

/**
 * The session of one user. Calls through `api` send the access token, which is refreshed shortly before it expires and
 * once after a 401. Concurrent calls that need a new token share one refresh.
 */
export class Session {
  readonly api: Client<paths>;
  private readonly unauthenticated: Client<paths>;
  private readonly fetch: (request: Request) => Promise<Response>;
  private readonly tokens: SessionTokens;
  private renewing: Promise<boolean> | undefined;

  constructor(private readonly options: SessionOptions) {
    const { baseUrl, fetch = globalThis.fetch } = options;
    const credentials = options.delivery === 'cookie' ? 'include' : 'same-origin';
    this.tokens = new SessionTokens(options);
    // Browsers refuse to call it as a method of another object.
    this.fetch = async (request) => await fetch(request);
    this.unauthenticated = createClient<paths>({ baseUrl, fetch, credentials });
    this.api = createClient<paths>({ baseUrl, fetch: async (request) => await this.send(request) });
  }

  /** Whether there is a refresh token, also one from before a reload; in cookie mode after `restore`. */
  get isOpen(): boolean {
    return this.tokens.isOpen;
  }

  /** Identifies the session; undefined before its first access token. */
  get id(): string | undefined {
    return this.tokens.sessionId;
  }

  /** Continues the session of the cookie after a page was loaded. Returns false when there is none: show the login. */
  async restore(): Promise<boolean> {
    const { data, response } = await this.unauthenticated.GET('/v1/auth/csrf');
    if (data === undefined && response.status !== 401) throw new Error(`No CSRF token: ${response.status}`);
    this.tokens.setCsrfToken(data?.csrfToken);
    return this.isOpen;
  }

  /**
   * Logs in. Returns the problem of a refusal: show its `title`, and wait for `Retry-After` after a 429 or 503. Returns
   * `mfa_required` if the account has a second factor: request a code and call `verifyMfa`.
   */
  async logIn(email: string, password: string): Promise<Problem | MfaRequired | undefined> {
    const { data, error } = await this.unauthenticated.POST('/v1/auth/login', {
      params: { header: this.deliveryHeader },
      body: { email, password },
    });
    if (error !== undefined) return error;
    return this.finishLogin(data);
  }

  /** Stores the tokens of a login, or returns that it requires a second factor. */
  finishLogin(result: Tokens | MfaRequired): MfaRequired | undefined {
    if ('mfaToken' in result) return result;
    this.setTokens(result);
    return undefined;
  }

  /** Completes a login that returned `mfa_required`, with a code of an authenticator app, a recovery code or a passkey. */
  async verifyMfa(body: SecondFactor): Promise<Problem | undefined> {
    const params = { header: this.deliveryHeader };
    const { data, error } = await this.unauthenticated.POST('/v1/auth/mfa/verify', { params, body });
    if (error !== undefined) return error;
    this.setTokens(data);
    return undefined;
  }

  /**
   * Verifies the password, a code of an authenticator app or a passkey after `reauthentication_required`; repeat the
   * refused call then. The request is sent once only: a wrong password counts as a failed login.
   */
  async reauthenticate(body: Reauthentication): Promise<Problem | undefined> {
    if (!this.tokens.isFresh) await this.renew();
    const { data, error } = await this.unauthenticated.POST('/v1/auth/reauthenticate', {
      body,
      headers: { Authorization: `Bearer ${this.tokens.accessToken ?? ''}` },
    });
    if (error !== undefined) return error;
    this.setAccessToken(data);
    return undefined;
  }

  /**
   * Revokes the session and deletes the tokens, which are deleted in any case.
   * @throws Error when the service cannot be reached or is overloaded: the session is still valid, and so is its cookie
   */
  async logOut(): Promise<void> {
    const credential = this.isOpen ? this.tokens.refreshCredential : undefined;
    this.clear();
    if (credential === undefined) return;
    const { response } = await this.unauthenticated.POST('/v1/auth/logout', { ...credential });
    if (response.status >= 429) throw new Error(`The session could not be revoked: ${response.status}`);
  }

  /** Stores the tokens that a call returned: login, password change, magic link. */
  setTokens(tokens: Tokens): void {
    this.tokens.set(tokens);
  }

  /** For calls whose response has tokens: login, password change, magic link. */
  get deliveryHeader(): { readonly 'X-Token-Delivery'?: 'cookie' } {
    return this.tokens.deliveryHeader;
  }

  /** Sends a request as the user, as the calls of `api` do: for requests that `api` has no types for. */
  async send(request: Request): Promise<Response> {
    if (this.isOpen && !this.tokens.isFresh) await this.renew();
    const token = this.tokens.accessToken;
    // The body of a request can be read only once.
    const retry = request.clone();
    this.authorize(request);
    const response = await this.fetch(request);
    if (response.status !== 401 || !this.isOpen || requiresReauthentication(response)) return response;
    // The token was renewed already if this is a late response to a request with the former one.
    const isRenewed = token !== this.tokens.accessToken;
    if (!isRenewed && !(await this.renew())) return response;
    this.authorize(retry);
    return await this.fetch(retry);
  }

  /** Stores the access token that a reauthentication returned. */
  setAccessToken(token: AccessToken): void {
    this.tokens.setAccessToken(token);
  }

  private authorize(request: Request): void {
    const { accessToken } = this.tokens;
    if (accessToken !== undefined) request.headers.set('Authorization', `Bearer ${accessToken}`);
  }

  /** Returns true with a new access token, false when the session has ended. Concurrent calls share one refresh. */
  private async renew(): Promise<boolean> {
    if (this.renewing !== undefined) return await this.renewing;
    const renewing = this.refresh().finally(() => {
      if (this.renewing === renewing) this.renewing = undefined;
    });
    this.renewing = renewing;
    return await renewing;
  }

  /** @throws Error when the service cannot be reached or is overloaded: the session may still be valid */
  private async refresh(): Promise<boolean> {
    if (!this.isOpen) return false;
    const { generation } = this.tokens;
    const { data, response } = await this.unauthenticated.POST('/v1/auth/refresh', {
      ...this.tokens.refreshCredential,
    });
    // A logout or login happened meanwhile: the tokens belong to a session that has ended.
    if (generation !== this.tokens.generation) return false;
    if (data !== undefined) {
      this.setTokens(data);
      return true;
    }
    // 403: the cookie has the session of another login, in another tab.
    if (response.status !== 401 && response.status !== 403)
      throw new Error(`The session could not be refreshed: ${response.status}`);
    this.clear();
    this.options.onEnd?.();
    return false;
  }

  private clear(): void {
    this.renewing = undefined;
    this.tokens.clear();
  }
}
