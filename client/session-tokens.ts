import type { components } from './api.d.ts';

type Tokens = components['schemas']['TokensDto'];
type AccessToken = components['schemas']['AccessTokenDto'];

/** Keeps the refresh token across reloads. Code that can read it can act as the user until the session ends. */
export interface TokenStore {
  get(): string | undefined;
  set(refreshToken: string | undefined): void;
}

/** Where the refresh token is. */
export interface TokenOptions {
  /**
   * `cookie` keeps the refresh token in a cookie that no script can read, and `store` unused: for pages of the same origin
   * as the service, or of the same site where it is configured so. Call `restore` when a page is loaded.
   */
  readonly delivery?: 'body' | 'cookie';
  readonly store?: TokenStore;
}

/** The parameters of a call that presents the refresh token. */
interface RefreshCredential {
  readonly params: { readonly header?: { readonly 'X-Token-Delivery'?: 'cookie'; readonly 'X-CSRF-Token': string } };
  readonly body: { readonly refreshToken?: string };
}

/** Keeps the refresh token in memory, until the page is closed. */
function inMemoryStore(): TokenStore {
  let stored: string | undefined;
  return { get: () => stored, set: (refreshToken) => (stored = refreshToken) };
}

/** The tokens of one session. */
export class SessionTokens {
  private readonly store: TokenStore;
  private readonly isCookieMode: boolean;
  /** In cookie mode only; undefined while logged out. */
  private csrfToken: string | undefined;
  private freshUntil = 0;
  private current: string | undefined;
  private changes = 0;

  constructor({ delivery, store = inMemoryStore() }: TokenOptions) {
    this.store = store;
    this.isCookieMode = delivery === 'cookie';
  }

  /** Whether there is a refresh token, also one from before a reload; in cookie mode after `restore`. */
  get isOpen(): boolean {
    return (this.isCookieMode ? this.csrfToken : this.store.get()) !== undefined;
  }

  get accessToken(): string | undefined {
    return this.current;
  }

  /** Whether the access token is valid for a while. */
  get isFresh(): boolean {
    return Date.now() < this.freshUntil;
  }

  /** Increases with each login and logout, so that the response of an older refresh is ignored. */
  get generation(): number {
    return this.changes;
  }

  /** Identifies the session; undefined before its first access token. */
  get sessionId(): string | undefined {
    const payload = this.current?.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/');
    return payload === undefined ? undefined : (JSON.parse(atob(payload)) as { readonly sid: string }).sid;
  }

  /** For calls whose response has tokens: login, password change, magic link. */
  get deliveryHeader(): { readonly 'X-Token-Delivery'?: 'cookie' } {
    return this.isCookieMode ? { 'X-Token-Delivery': 'cookie' } : {};
  }

  /** How a refresh and a logout present the refresh token; the browser adds the cookie itself. */
  get refreshCredential(): RefreshCredential {
    if (this.csrfToken !== undefined) {
      return { params: { header: { ...this.deliveryHeader, 'X-CSRF-Token': this.csrfToken } }, body: {} };
    }
    const refreshToken = this.store.get();
    return { params: {}, body: refreshToken === undefined ? {} : { refreshToken } };
  }

  set(tokens: Tokens): void {
    this.changes += 1;
    this.setAccessToken(tokens);
    this.csrfToken = tokens.csrfToken;
    if (!this.isCookieMode) this.store.set(tokens.refreshToken);
  }

  setAccessToken({ accessToken, expiresIn }: AccessToken): void {
    this.current = accessToken;
    // 30 s early, so that no token expires in transit.
    this.freshUntil = Date.now() + (expiresIn - 30) * 1000;
  }

  /** Continues the session of the cookie; undefined when there is none. */
  setCsrfToken(csrfToken: string | undefined): void {
    this.csrfToken = csrfToken;
  }

  clear(): void {
    this.changes += 1;
    this.current = undefined;
    this.freshUntil = 0;
    this.csrfToken = undefined;
    if (!this.isCookieMode) this.store.set(undefined);
  }
}
