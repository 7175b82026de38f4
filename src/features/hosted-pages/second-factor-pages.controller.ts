import { Body, Get, HttpCode, Post, Redirect } from '@nestjs/common';
import { PadResponseTime } from '../../platform/http/server/response-time-padding.ts';
import { MfaLoginService, PasskeyLoginService } from '../auth/login/index.ts';
import { InvalidMfa } from '../auth/mfa/index.ts';
import type { RequestOptions } from '../auth/passkeys/index.ts';
import type { Continuation } from './browser-login.cookie.ts';
import { BrowserLogin } from './browser-login.cookie.ts';
import { HostedPagesController } from './hosted-pages.decorator.ts';
import { HostedPagesView } from './hosted-pages.view.ts';
import { credentialOf, PasskeyOptionsForm, SecondFactorForm } from './login-forms.dto.ts';
import type { LoginState } from './login-state.cookie.ts';
import { LoginStateCookie } from './login-state.cookie.ts';
import { LoginView } from './login.view.ts';
import type { PageExchange } from './page-exchange.decorator.ts';
import { Exchange } from './page-exchange.decorator.ts';

type SecondStep = NonNullable<LoginState['mfa']> & Pick<LoginState, 'destination'>;

/** The second step of a login, by code or by passkey. */
@HostedPagesController()
export class SecondFactorPagesController {
  constructor(
    private readonly logins: MfaLoginService,
    private readonly passkeys: PasskeyLoginService,
    private readonly browser: BrowserLogin,
    private readonly states: LoginStateCookie,
    private readonly view: HostedPagesView,
    private readonly loginView: LoginView,
  ) {}

  @Get('second-factor')
  show(@Exchange() exchange: PageExchange): string {
    const current = this.states.read(exchange);
    if (current?.state.mfa === undefined) return this.view.loginExpired(exchange);
    return this.loginView.secondFactor(exchange, current.value);
  }

  @Post('second-factor')
  @PadResponseTime()
  @Redirect('', 303)
  async verify(@Body() form: SecondFactorForm, @Exchange() exchange: PageExchange): Promise<Continuation> {
    const { mfaToken, destination } = this.secondStepOf(form.login);
    const factor =
      form.method === 'passkey'
        ? { method: form.method, credential: await credentialOf(form.credential) }
        : { method: form.method, code: form.code ?? '' };
    return await this.browser.complete(await this.logins.verify(mfaToken, factor), destination, exchange);
  }

  /** What the script of a passkey form needs: for the second factor of a login, or to log in with any passkey. */
  @Post('passkey-options')
  @PadResponseTime()
  @HttpCode(200)
  async passkeyOptions(@Body() { login }: PasskeyOptionsForm): Promise<RequestOptions> {
    if (login === undefined) return await this.passkeys.options();
    return await this.logins.passkeyOptions(this.secondStepOf(login).mfaToken);
  }

  /** @throws InvalidMfa for a login that has expired; nothing can be guessed, so it is not counted */
  private secondStepOf(login: string): SecondStep {
    const state = this.states.decode(login);
    if (state?.mfa === undefined) throw new InvalidMfa();
    return { ...state.mfa, destination: state.destination };
  }
}
