import { Body, Get, HttpCode, Post, Query, Redirect } from '@nestjs/common';
import { HostCookies } from '../../platform/http/server/host-cookies.ts';
import { PadResponseTime } from '../../platform/http/server/response-time-padding.ts';
import { MagicLinksService, browserSecretName } from '../auth/login/index.ts';
import { OAuthFlows } from '../auth/oauth/index.ts';
import type { Continuation } from './browser-login.cookie.ts';
import { BrowserLogin } from './browser-login.cookie.ts';
import { destinationOf } from './destination.ts';
import { HostedPagesController } from './hosted-pages.decorator.ts';
import { LinkQuery, MagicLinkForm, TokenForm } from './hosted-pages.dto.ts';
import { HostedPagesView } from './hosted-pages.view.ts';
import { LoginStateCookie } from './login-state.cookie.ts';
import type { PageExchange } from './page-exchange.decorator.ts';
import { Exchange } from './page-exchange.decorator.ts';

/** The pages of magic links, used when no front end is configured; 404 while magic links are disabled. */
@HostedPagesController()
export class MagicLinkPagesController {
  constructor(
    private readonly magicLinks: MagicLinksService,
    private readonly flows: OAuthFlows,
    private readonly browser: BrowserLogin,
    private readonly states: LoginStateCookie,
    private readonly cookies: HostCookies,
    private readonly view: HostedPagesView,
  ) {}

  @Get('request-magic-link')
  showRequest(@Exchange() exchange: PageExchange): string {
    this.magicLinks.assertEnabled();
    return this.view.form('request-magic-link', exchange);
  }

  /** The browser keeps where the login leads to, until its link is opened. */
  @Post('request-magic-link')
  @PadResponseTime('all')
  @HttpCode(200)
  async request(@Body() form: MagicLinkForm, @Exchange() exchange: PageExchange): Promise<string> {
    this.magicLinks.assertEnabled();
    const destination = destinationOf(form);
    if (destination !== undefined) this.flows.assertRedirectAllowed(destination.redirect);
    const value = await this.magicLinks.request(form.email);
    this.cookies.set(exchange.reply, browserSecretName, { value, maxAgeSeconds: this.magicLinks.ttlSeconds });
    if (destination === undefined) this.states.clear(exchange);
    else this.states.set(exchange, { destination });
    return this.view.confirmation('request-magic-link', exchange);
  }

  @Get('magic-link')
  async showLogin(@Query() { token }: LinkQuery, @Exchange() exchange: PageExchange): Promise<string> {
    this.magicLinks.assertEnabled();
    const found = await this.magicLinks.inspect(token, this.cookies.read(exchange.request, browserSecretName));
    return this.view.form('magic-link', exchange, { locale: found?.locale, destination: this.destinationOf(exchange) });
  }

  @Post('magic-link')
  @PadResponseTime()
  @Redirect('', 303)
  async login(@Body() { token }: TokenForm, @Exchange() exchange: PageExchange): Promise<Continuation> {
    this.magicLinks.assertEnabled();
    const destination = this.destinationOf(exchange);
    const result = await this.magicLinks.verify(token, this.cookies.read(exchange.request, browserSecretName));
    this.cookies.set(exchange.reply, browserSecretName, { value: '', maxAgeSeconds: 0 });
    return await this.browser.complete(result, destination, exchange);
  }

  private destinationOf(exchange: PageExchange): ReturnType<typeof destinationOf> {
    return this.states.read(exchange)?.state.destination;
  }
}
