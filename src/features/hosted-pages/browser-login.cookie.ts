import { Injectable } from '@nestjs/common';
import { Links } from '../../platform/config/links.ts';
import { isConsoleBuilt } from '../admin-console/index.ts';
import { AuthService } from '../auth/login/index.ts';
import type { MfaRequired } from '../auth/mfa/index.ts';
import { OAuthFlows } from '../auth/oauth/index.ts';
import type { TokenPair } from '../auth/sessions/index.ts';
import { RefreshCookie } from '../auth/token-delivery/index.ts';
import { CredentialsService } from '../users/index.ts';
import type { Destination } from './destination.ts';
import { LoginStateCookie } from './login-state.cookie.ts';
import { linkPaths } from './page-definitions.ts';
import type { PageExchange } from './page-exchange.decorator.ts';
import { languageOfPage } from './page-exchange.decorator.ts';

/** Where the browser continues. */
export interface Continuation {
  readonly url: string;
}

/** Delivers the outcome of a login to the browser, and ends the session of the browser. */
@Injectable()
export class BrowserLogin {
  constructor(
    private readonly refreshCookie: RefreshCookie,
    private readonly states: LoginStateCookie,
    private readonly flows: OAuthFlows,
    private readonly auth: AuthService,
    private readonly credentials: CredentialsService,
    private readonly links: Links,
  ) {}

  /**
   * Continues with the second factor, at the destination with a code for its client, or at the account screens with the
   * refresh token in the cookie; without an admin console at the page that shows who is logged in. Tokens never travel
   * in a URL.
   */
  async complete(
    result: TokenPair | MfaRequired,
    destination: Destination | undefined,
    exchange: PageExchange,
  ): Promise<Continuation> {
    if ('mfaToken' in result) {
      const { mfaToken, methods } = result;
      this.states.set(exchange, { destination, language: languageOfPage(exchange), mfa: { mfaToken, methods } });
      return { url: this.links.path('/account/second-factor') };
    }
    this.states.clear(exchange);
    if (destination !== undefined) return { url: await this.flows.hostedLoginUrl(destination, result.refreshToken) };
    this.refreshCookie.deliver(result, { ...exchange, byCookie: true });
    return { url: this.links.path(isConsoleBuilt() ? linkPaths.account : linkPaths.login) };
  }

  /** The email address of the user whose session the cookie has. */
  async currentEmail(exchange: PageExchange): Promise<string | undefined> {
    const session = await this.refreshCookie.sessionOf(exchange);
    return session === undefined ? undefined : (await this.credentials.findById(session.userId))?.email;
  }

  /** Revokes the session of the cookie, if there is one, and deletes the cookie. */
  async end(exchange: PageExchange): Promise<void> {
    await this.auth.logout(undefined, this.refreshCookie.tokenOf(exchange));
    this.refreshCookie.clear(exchange);
  }
}
