import { Get, Param, Query, Redirect } from '@nestjs/common';
import { randomPKCECodeVerifier } from 'openid-client';
import { Links } from '../../platform/config/links.ts';
import { challengeOf, hostedCallbackPath, InvalidOAuthCode, OAuthLogins, OAuthProviders } from '../auth/oauth/index.ts';
import type { Continuation } from './browser-login.cookie.ts';
import { BrowserLogin } from './browser-login.cookie.ts';
import { HostedPagesController } from './hosted-pages.decorator.ts';
import { HostedPagesView } from './hosted-pages.view.ts';
import { ProviderReturnQuery } from './login-forms.dto.ts';
import { LoginStateCookie } from './login-state.cookie.ts';
import { ProviderLoginFailed } from './hosted-pages.errors.ts';
import type { PageExchange } from './page-exchange.decorator.ts';
import { Exchange } from './page-exchange.decorator.ts';

/** A login with a provider whose client is this service: the verifier of its code stays in the browser, encrypted. */
@HostedPagesController()
export class ProviderPagesController {
  constructor(
    private readonly providers: OAuthProviders,
    private readonly logins: OAuthLogins,
    private readonly browser: BrowserLogin,
    private readonly states: LoginStateCookie,
    private readonly view: HostedPagesView,
    private readonly links: Links,
  ) {}

  @Get('providers/:provider')
  @Redirect('', 302)
  start(@Param('provider') provider: string, @Exchange() exchange: PageExchange): Continuation {
    const { name } = this.providers.get(provider).config;
    const codeVerifier = randomPKCECodeVerifier();
    this.states.set(exchange, { codeVerifier });
    const parameters = { redirect: this.links.url(hostedCallbackPath), codeChallenge: challengeOf(codeVerifier) };
    const path = this.links.path(`/v1/auth/oauth/${name}/authorize`);
    return { url: `${path}?${new URLSearchParams(parameters).toString()}` };
  }

  /**
   * The provider navigates the browser here; only the browser that started the login has its verifier. A page of this
   * site continues: browsers send no SameSite=Strict cookie with a redirect of a navigation that began at the provider.
   */
  @Get('provider-login')
  async complete(@Query() { code, error }: ProviderReturnQuery, @Exchange() exchange: PageExchange): Promise<string> {
    if (error !== undefined) throw new ProviderLoginFailed(error);
    const codeVerifier = this.states.read(exchange)?.state.codeVerifier;
    if (code === undefined || codeVerifier === undefined) throw new InvalidOAuthCode();
    const result = await this.logins.exchange({ code, codeVerifier });
    return this.view.continuation(await this.browser.complete(result, undefined, exchange), exchange);
  }
}
