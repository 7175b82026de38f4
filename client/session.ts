import type { Client, Middleware } from 'openapi-fetch';
import createClient from 'openapi-fetch';
import type { components, paths } from './api.d.ts';

type Tokens = components['schemas']['TokensDto'];
type Problem = components['schemas']['Problem'];

/** What a request can be repeated with: its body is read only once. */
const spare = new WeakMap<Request, Request>();

/** Where the refresh token outlives a reload; whoever can read it can act as the user until its session ends. */
export interface TokenStore {
  get(): string | undefined;
  set(refreshToken: string | undefined): void;
}

/** How a session is set up; everything but the address has a default. */
export interface SessionOptions {
  readonly baseUrl: string;
  readonly store?: TokenStore;
  /** Called once when the session is over and the user has to log in again. */
  readonly onEnd?: () => void;
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** The refresh token in memory: gone with the page. */
function memory(): TokenStore {
  let kept: string | undefined;
  return { get: () => kept, set: (refreshToken) => (kept = refreshToken) };
}

/**
 * One user's session. Calls made through `api` carry the access token, which is renewed shortly before it expires and
 * once when a call is answered 401; calls that need a new token at the same time share one refresh.
 */
export class Session {
  readonly api: Client<paths>;
  private readonly bare: Client<paths>;
  private readonly store: TokenStore;
  private accessToken: string | undefined;
  private freshUntil = 0;
  private renewing: Promise<boolean> | undefined;
  /** Another one behind each login and logout: what was asked before is not the answer to what is now. */
  private generation = 0;

  constructor(private readonly options: SessionOptions) {
    const { baseUrl, fetch = globalThis.fetch } = options;
    this.store = options.store ?? memory();
    this.bare = createClient<paths>({ baseUrl, fetch });
    this.api = createClient<paths>({ baseUrl, fetch });
    this.api.use(this.carryingToken(fetch));
  }

  /** Whether there is a session to go on with, also one from before a reload. */
  get isOpen(): boolean {
    return this.store.get() !== undefined;
  }

  /** Logs in; the problem when that is refused: show its `title`, and on 429 and 503 wait for `Retry-After`. */
  async logIn(email: string, password: string): Promise<Problem | undefined> {
    const { data, error } = await this.bare.POST('/v1/auth/login', { body: { email, password } });
    if (error !== undefined) return error;
    this.take(data);
    return undefined;
  }

  /** Ends the session, here and there; it is over for the user even if nobody can be reached. */
  async logOut(): Promise<void> {
    const refreshToken = this.store.get();
    this.forget();
    if (refreshToken !== undefined) await this.bare.POST('/v1/auth/logout', { body: { refreshToken } });
  }

  /** Takes over a pair of tokens that another call has answered: a changed password, a magic link. */
  take(tokens: Tokens): void {
    this.generation += 1;
    this.accessToken = tokens.accessToken;
    // Half a minute early, so that none expires on its way.
    this.freshUntil = Date.now() + (tokens.expiresIn - 30) * 1000;
    this.store.set(tokens.refreshToken);
  }

  private carryingToken(send: NonNullable<SessionOptions['fetch']>): Middleware {
    return {
      onRequest: async ({ request }) => {
        if (this.isOpen && Date.now() >= this.freshUntil) await this.renew();
        this.sign(request);
        spare.set(request, request.clone());
        return request;
      },
      onResponse: async ({ request, response }) => {
        const again = spare.get(request);
        if (response.status !== 401 || again === undefined || !this.isOpen) return response;
        if (!(await this.renew())) return response;
        this.sign(again);
        return await send(again);
      },
    };
  }

  private sign(request: Request): void {
    if (this.accessToken !== undefined) request.headers.set('Authorization', `Bearer ${this.accessToken}`);
  }

  /** True when there is a new access token; false when the session is over. Whoever asks meanwhile waits for the same. */
  private async renew(): Promise<boolean> {
    if (this.renewing !== undefined) return await this.renewing;
    const renewing = this.refresh().finally(() => {
      if (this.renewing === renewing) this.renewing = undefined;
    });
    this.renewing = renewing;
    return await renewing;
  }

  /** @throws when the service can't be reached or is overloaded: the session may well go on */
  private async refresh(): Promise<boolean> {
    const refreshToken = this.store.get();
    if (refreshToken === undefined) return false;
    const { generation } = this;
    const { data, response } = await this.bare.POST('/v1/auth/refresh', { body: { refreshToken } });
    // Logged out, or in again, meanwhile: the tokens are of a session that is over.
    if (generation !== this.generation) return false;
    if (data !== undefined) {
      this.take(data);
      return true;
    }
    if (response.status !== 401) throw new Error(`The session could not be renewed: ${response.status}`);
    this.forget();
    this.options.onEnd?.();
    return false;
  }

  private forget(): void {
    this.generation += 1;
    this.renewing = undefined;
    this.accessToken = undefined;
    this.freshUntil = 0;
    this.store.set(undefined);
  }
}
