import { Body, Get, HttpCode, Post, Query, Redirect } from '@nestjs/common';
import { InvalidParameter } from '../../platform/http/problem/http.errors.ts';
import { PadResponseTime } from '../../platform/http/server/response-time-padding.ts';
import { AuthService, PasskeyLoginService } from '../auth/login/index.ts';
import { OAuthFlows } from '../auth/oauth/index.ts';
import type { Continuation } from './browser-login.cookie.ts';
import { BrowserLogin } from './browser-login.cookie.ts';
import type { Destination } from './destination.ts';
import { destinationOf } from './destination.ts';
import { HostedPagesController } from './hosted-pages.decorator.ts';
import { HostedPagesView } from './hosted-pages.view.ts';
import { credentialOf, LoginForm, LoginQuery, PasskeyForm, RegistrationForm } from './login-forms.dto.ts';
import { LoginView } from './login.view.ts';
import type { PageExchange } from './page-exchange.decorator.ts';
import { Exchange, languageOfPage } from './page-exchange.decorator.ts';

/** Login and registration without a front end: the services of the API, with the outcome in a cookie or a code. */
@HostedPagesController()
export class LoginPagesController {
  constructor(
    private readonly auth: AuthService,
    private readonly passkeyLogins: PasskeyLoginService,
    private readonly flows: OAuthFlows,
    private readonly browser: BrowserLogin,
    private readonly view: HostedPagesView,
    private readonly loginView: LoginView,
  ) {}

  @Get()
  @Redirect('', 302)
  show(@Exchange() exchange: PageExchange): Continuation {
    return { url: this.view.pathOf('login', exchange) };
  }

  /** A browser that is logged in needs no form, unless a client requests a session of its own. */
  @Get('login')
  async showLogin(@Query() query: LoginQuery, @Exchange() exchange: PageExchange): Promise<string> {
    const destination = this.destinationOf(query);
    const email = destination === undefined ? await this.browser.currentEmail(exchange) : undefined;
    return email === undefined ? this.loginView.login(exchange) : this.view.loggedIn(email, exchange);
  }

  @Post('login')
  @PadResponseTime()
  @Redirect('', 303)
  async logIn(@Body() form: LoginForm, @Exchange() exchange: PageExchange): Promise<Continuation> {
    const destination = this.destinationOf(form);
    return await this.browser.complete(await this.auth.login(form.email, form.password), destination, exchange);
  }

  @Post('passkey-login')
  @PadResponseTime()
  @Redirect('', 303)
  async logInByPasskey(@Body() form: PasskeyForm, @Exchange() exchange: PageExchange): Promise<Continuation> {
    const destination = this.destinationOf(form);
    const tokens = await this.passkeyLogins.logIn(await credentialOf(form.credential));
    return await this.browser.complete(tokens, destination, exchange);
  }

  @Get('register')
  showRegistration(@Query() query: LoginQuery, @Exchange() exchange: PageExchange): string {
    this.destinationOf(query);
    return this.view.form('register', exchange);
  }

  @Post('register')
  @PadResponseTime('all')
  @HttpCode(200)
  async register(@Body() form: RegistrationForm, @Exchange() exchange: PageExchange): Promise<string> {
    const { email, password, displayName = '' } = form;
    const locale = languageOfPage(exchange);
    await this.auth.register({ email, password, locale, ...(displayName === '' ? {} : { displayName }) });
    return this.view.confirmation('register', exchange);
  }

  @Get('logout')
  showLogout(@Exchange() exchange: PageExchange): string {
    return this.view.form('logout', exchange);
  }

  @Post('logout')
  @HttpCode(200)
  async logOut(@Exchange() exchange: PageExchange): Promise<string> {
    await this.browser.end(exchange);
    return this.view.confirmation('logout', exchange);
  }

  /** @throws InvalidParameter, RedirectParameterNotAllowed before any credential is verified */
  private destinationOf(query: LoginQuery): Destination | undefined {
    const destination = destinationOf(query);
    if (destination !== undefined) this.flows.assertRedirectAllowed(destination.redirect);
    else if (query.redirect !== undefined) throw missingParameter('codeChallenge');
    else if (query.codeChallenge !== undefined) throw missingParameter('redirect');
    return destination;
  }
}

function missingParameter(parameter: string): InvalidParameter {
  const error = { parameter, code: 'is_string', detail: 'must be a string' };
  return new InvalidParameter({ detail: '1 parameter is invalid', errors: [error] });
}
