import { Body, Get, HttpCode, Post, Query } from '@nestjs/common';
import type { Commit } from '../../platform/http/idempotency/idempotency.decorators.ts';
import {
  IdempotentPerToken,
  PrepareBeforeTransaction,
} from '../../platform/http/idempotency/idempotency.decorators.ts';
import { PadResponseTime } from '../../platform/http/server/response-time-padding.ts';
import { PasswordRecoveryService, PasswordsService } from '../auth/login/index.ts';
import { HostedPagesController } from './hosted-pages.decorator.ts';
import { EmailForm, LinkQuery, PasswordForm } from './hosted-pages.dto.ts';
import { HostedPagesView } from './hosted-pages.view.ts';
import type { PageExchange } from './page-exchange.decorator.ts';
import { Exchange } from './page-exchange.decorator.ts';

/** The pages of password resets and invitations, used when no front end is configured. */
@HostedPagesController()
export class PasswordPagesController {
  constructor(
    private readonly passwords: PasswordsService,
    private readonly recovery: PasswordRecoveryService,
    private readonly view: HostedPagesView,
  ) {}

  @Get('forgot-password')
  showForgot(@Exchange() exchange: PageExchange): string {
    return this.view.form('forgot-password', exchange);
  }

  @Post('forgot-password')
  @PadResponseTime('all')
  @HttpCode(200)
  async forgot(@Body() { email }: EmailForm, @Exchange() exchange: PageExchange): Promise<string> {
    await this.recovery.forgot(email);
    return this.view.confirmation('forgot-password', exchange);
  }

  @Get('reset-password')
  async showReset(@Query() { token }: LinkQuery, @Exchange() exchange: PageExchange): Promise<string> {
    const { locale } = await this.passwords.inspectToken(token);
    return this.view.form('reset-password', exchange, { locale });
  }

  @Post('reset-password')
  @PadResponseTime()
  @HttpCode(200)
  @IdempotentPerToken('token')
  @PrepareBeforeTransaction()
  async reset(@Body() body: PasswordForm, @Exchange() exchange: PageExchange): Promise<Commit<string>> {
    return await this.setPassword('reset-password', body, exchange);
  }

  @Get('accept-invitation')
  async showAccept(@Query() { token }: LinkQuery, @Exchange() exchange: PageExchange): Promise<string> {
    const { locale } = await this.passwords.inspectToken(token);
    return this.view.form('accept-invitation', exchange, { locale });
  }

  @Post('accept-invitation')
  @PadResponseTime()
  @HttpCode(200)
  @IdempotentPerToken('token')
  @PrepareBeforeTransaction()
  async accept(@Body() body: PasswordForm, @Exchange() exchange: PageExchange): Promise<Commit<string>> {
    return await this.setPassword('accept-invitation', body, exchange);
  }

  private async setPassword(
    page: 'accept-invitation' | 'reset-password',
    { token, newPassword }: PasswordForm,
    exchange: PageExchange,
  ): Promise<Commit<string>> {
    const reset = await this.passwords.prepareReset(token, newPassword);
    return async () => {
      await reset();
      return this.view.confirmation(page, exchange);
    };
  }
}
