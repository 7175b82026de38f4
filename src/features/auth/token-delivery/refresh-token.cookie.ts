import { Injectable } from '@nestjs/common';
import { BadRequest, BodyMissing, ValidationFailed } from '../../../platform/http/problem/http.errors.ts';
import type { Problem } from '../../../platform/http/problem/problem.ts';
import { invalidMembers } from '../../../platform/http/problem/problem.ts';
import { HostCookies } from '../../../platform/http/server/host-cookies.ts';
import type { FoundSession, TokenPair } from '../sessions/index.ts';
import { InvalidRefreshToken, RefreshTokensService } from '../sessions/index.ts';
import { CsrfProtection } from './csrf-protection.ts';
import type { TokenExchange } from './token-exchange.decorator.ts';

/** `__Host-rt` over HTTPS. */
const cookieName = 'rt';

/** The tokens as a response body has them: in cookie mode without the refresh token, with a CSRF token. */
export interface DeliveredTokens extends Omit<TokenPair, 'refreshToken'> {
  readonly refreshToken?: string;
  readonly csrfToken?: string;
}

/** Keeps the refresh tokens of browsers in a cookie, and accepts it only after the CSRF checks. */
@Injectable()
export class RefreshCookie {
  constructor(
    private readonly cookies: HostCookies,
    private readonly refreshTokens: RefreshTokensService,
    private readonly csrf: CsrfProtection,
  ) {}

  /** Puts the refresh token into the cookie in cookie mode. Returns the tokens of the response body. */
  deliver(tokens: TokenPair, { reply, byCookie }: TokenExchange): DeliveredTokens {
    if (!byCookie) return tokens;
    const { refreshToken: value, ...others } = tokens;
    this.cookies.set(reply, cookieName, { value, maxAgeSeconds: tokens.refreshExpiresIn });
    return { ...others, csrfToken: this.csrf.issue(tokens.sessionId) };
  }

  /** Deletes the cookie. */
  clear({ reply }: Pick<TokenExchange, 'reply'>): void {
    this.cookies.set(reply, cookieName, { value: '', maxAgeSeconds: 0 });
  }

  /**
   * The refresh token that the request presents: that of the body, or that of the cookie after the CSRF checks, which one
   * query completes. A token of the body outside cookie mode takes precedence, because browsers add the cookie to any
   * request. Undefined without either.
   * @throws BadRequest when cookie mode is requested with both; JsonRequired, CsrfRejected
   */
  async presented(exchange: TokenExchange, inBody: string | undefined): Promise<PresentedRefreshToken | undefined> {
    const { request, byCookie } = exchange;
    const inCookie = this.cookies.read(request, cookieName);
    if (inBody !== undefined) {
      if (!byCookie || inCookie === undefined) return { refreshToken: inBody, exchange };
      throw new BadRequest({ detail: 'In cookie mode the refresh token must not be in the body as well.' });
    }
    if (inCookie === undefined) return undefined;
    this.csrf.assertAllowedOrigin(request);
    const session = await this.refreshTokens.findSession(inCookie);
    this.csrf.assertToken(request, session?.id);
    return { refreshToken: inCookie, exchange: { ...exchange, byCookie: true } };
  }

  /** The refresh token of the cookie, for pages and forms of this origin only: no check is made. */
  tokenOf({ request }: Pick<TokenExchange, 'request'>): string | undefined {
    return this.cookies.read(request, cookieName);
  }

  /** The active session of the cookie; likewise. */
  async sessionOf(exchange: Pick<TokenExchange, 'request'>): Promise<FoundSession | undefined> {
    const token = this.tokenOf(exchange);
    const session = token === undefined ? undefined : await this.refreshTokens.findSession(token);
    return session?.isActive === true ? session : undefined;
  }

  /**
   * A CSRF token for the session of the cookie.
   * @throws InvalidRefreshToken without a cookie of an active session; JsonRequired, CsrfRejected
   */
  async csrfToken({ request }: TokenExchange): Promise<string> {
    const inCookie = this.cookies.read(request, cookieName);
    if (inCookie === undefined) throw new InvalidRefreshToken();
    this.csrf.assertAllowedOrigin(request);
    const session = await this.refreshTokens.findSession(inCookie);
    if (session?.isActive !== true) throw new InvalidRefreshToken();
    return this.csrf.issue(session.id);
  }
}

/** A refresh token, and the exchange that delivers its successor: a token of the cookie never enters a body. */
export interface PresentedRefreshToken {
  readonly refreshToken: string;
  readonly exchange: TokenExchange;
}

/** In cookie mode a browser without the cookie is logged out; otherwise the body lacks its member. */
export function missingRefreshToken({ request, byCookie }: TokenExchange): Problem {
  if (byCookie) return new InvalidRefreshToken();
  if (request.body === undefined) return new BodyMissing();
  const error = { path: ['refreshToken'], code: 'is_string', detail: 'must be a string' };
  return new ValidationFailed(invalidMembers([error]));
}
