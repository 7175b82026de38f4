import type { Client } from 'openapi-fetch';
import createClient from 'openapi-fetch';
import type { components, paths } from './api.d.ts';

type Tokens = components['schemas']['TokensDto'];
type MfaRequired = components['schemas']['MfaRequiredDto'];
type AccessToken = components['schemas']['AccessTokenDto'];
type Reauthentication =
  | components['schemas']['ReauthenticateByPasswordDto']
  | components['schemas']['ReauthenticateByCodeDto']
  | components['schemas']['ReauthenticateByPasskeyDto'];
type SecondFactor = components['schemas']['VerifyMfaByCodeDto'] | components['schemas']['VerifyMfaByPasskeyDto'];
type Problem = components['schemas']['Problem'];

/** Keeps the refresh token across reloads. Code that can read it can act as the user until the session ends. */
export interface TokenStore {
  get(): string | undefined;
  set(refreshToken: string | undefined): void;
}

/** Options of a session; all but `baseUrl` have a default. */
export interface SessionOptions {
  readonly baseUrl: string;
  /**
   * `cookie` keeps the refresh token in a cookie that no script can read, and `store` unused: for pages of the same origin
   * as the service, or of the same site where it is configured so. Call `restore` when a page is loaded.
   */
  readonly delivery?: 'body' | 'cookie';
  readonly store?: TokenStore;
  /** Called once when the session is over and the user has to log in again. */
  readonly onEnd?: () => void;
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** The parameters of a call that presents the refresh token. */
interface RefreshCredential {
  readonly params: { readonly header?: { readonly 'X-Token-Delivery'?: 'cookie'; readonly 'X-CSRF-Token': string } };
  readonly body: { readonly refreshToken?: string };
}

/** The token is valid, but the authentication too old (RFC 9470); another origin cannot read this header. */
function requiresReauthentication({ headers }: Response): boolean {
  return headers.get('WWW-Authenticate')?.includes('insufficient_user_authentication') === true;
}

/** Keeps the refresh token in memory, until the page is closed. */
function inMemoryStore(): TokenStore {
  let stored: string | undefined;
  return { get: () => stored, set: (refreshToken) => (stored = refreshToken) };
}

/**
 * The session of one user. Calls through `api` send the access token, which is refreshed shortly before it expires and
 * once after a 401. Concurrent calls that need a new token share one refresh.
 */
export class Session {
  readonly api: Client<paths>;
  private readonly unauthenticated: Client<paths>;
  private readonly fetch: (request: Request) => Promise<Response>;
  private readonly store: TokenStore;
  private accessToken: string | undefined;
  /** In cookie mode only; undefined while logged out. */
  private csrfToken: string | undefined;
  private freshUntil = 0;
  private renewing: Promise<boolean> | undefined;
  /** Increases with each login and logout, so that the response of an older refresh is ignored. */
  private generation = 0;

  constructor(private readonly options: SessionOptions) {
    const { baseUrl, fetch = globalThis.fetch } = options;
    const credentials = this.isCookieMode ? 'include' : 'same-origin';
    this.store = options.store ?? inMemoryStore();
    // Browsers refuse to call it as a method of another object.
    this.fetch = async (request) => await fetch(request);
    this.unauthenticated = createClient<paths>({ baseUrl, fetch, credentials });
    this.api = createClient<paths>({ baseUrl, fetch: async (request) => await this.send(request) });
  }

  /** Whether there is a refresh token, also one from before a reload; in cookie mode after `restore`. */
  get isOpen(): boolean {
    return (this.isCookieMode ? this.csrfToken : this.store.get()) !== undefined;
  }

  /** Identifies the session; undefined before its first access token. */
  get id(): string | undefined {
    const payload = this.accessToken?.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/');
    return payload === undefined ? undefined : (JSON.parse(atob(payload)) as { readonly sid: string }).sid;
  }

  /** Continues the session of the cookie after a page was loaded. Returns false when there is none: show the login. */
  async restore(): Promise<boolean> {
    const { data, response } = await this.unauthenticated.GET('/v1/auth/csrf');
    if (data === undefined && response.status !== 401) throw new Error(`No CSRF token: ${response.status}`);
    this.csrfToken = data?.csrfToken;
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
    if (Date.now() >= this.freshUntil) await this.renew();
    const { data, error } = await this.unauthenticated.POST('/v1/auth/reauthenticate', {
      body,
      headers: { Authorization: `Bearer ${this.accessToken ?? ''}` },
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
    const credential = this.isOpen ? this.refreshCredential() : undefined;
    this.clear();
    if (credential === undefined) return;
    const { response } = await this.unauthenticated.POST('/v1/auth/logout', { ...credential });
    if (response.status >= 429) throw new Error(`The session could not be revoked: ${response.status}`);
  }

  /** Stores the tokens that a call returned: login, password change, magic link. */
  setTokens(tokens: Tokens): void {
    this.generation += 1;
    this.setAccessToken(tokens);
    this.csrfToken = tokens.csrfToken;
    if (!this.isCookieMode) this.store.set(tokens.refreshToken);
  }

  /** For calls whose response has tokens: login, password change, magic link. */
  get deliveryHeader(): { readonly 'X-Token-Delivery'?: 'cookie' } {
    return this.isCookieMode ? { 'X-Token-Delivery': 'cookie' } : {};
  }

  private get isCookieMode(): boolean {
    return this.options.delivery === 'cookie';
  }

  /** How a refresh and a logout present the refresh token; the browser adds the cookie itself. */
  private refreshCredential(): RefreshCredential {
    if (this.csrfToken !== undefined) {
      return { params: { header: { ...this.deliveryHeader, 'X-CSRF-Token': this.csrfToken } }, body: {} };
    }
    const refreshToken = this.store.get();
    return { params: {}, body: refreshToken === undefined ? {} : { refreshToken } };
  }

  /** Sends a request as the user, as the calls of `api` do: for requests that `api` has no types for. */
  async send(request: Request): Promise<Response> {
    if (this.isOpen && Date.now() >= this.freshUntil) await this.renew();
    const token = this.accessToken;
    // The body of a request can be read only once.
    const retry = request.clone();
    this.authorize(request);
    const response = await this.fetch(request);
    if (response.status !== 401 || !this.isOpen || requiresReauthentication(response)) return response;
    // The token was renewed already if this is a late response to a request with the former one.
    const isRenewed = token !== this.accessToken;
    if (!isRenewed && !(await this.renew())) return response;
    this.authorize(retry);
    return await this.fetch(retry);
  }

  /** Stores the access token that a reauthentication returned. */
  setAccessToken({ accessToken, expiresIn }: AccessToken): void {
    this.accessToken = accessToken;
    // 30 s early, so that no token expires in transit.
    this.freshUntil = Date.now() + (expiresIn - 30) * 1000;
  }

  private authorize(request: Request): void {
    if (this.accessToken !== undefined) request.headers.set('Authorization', `Bearer ${this.accessToken}`);
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
    const { generation } = this;
    const { data, response } = await this.unauthenticated.POST('/v1/auth/refresh', {
      ...this.refreshCredential(),
    });
    // A logout or login happened meanwhile: the tokens belong to a session that has ended.
    if (generation !== this.generation) return false;
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
    this.generation += 1;
    this.renewing = undefined;
    this.accessToken = undefined;
    this.freshUntil = 0;
    this.csrfToken = undefined;
    if (!this.isCookieMode) this.store.set(undefined);
  }
}
