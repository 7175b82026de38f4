import { Body, Get, HttpCode, Post, Query } from '@nestjs/common';
import { PadResponseTime } from '../../platform/http/server/response-time-padding.ts';
import { AuthService, OneTimeTokenVerifier } from '../auth/login/index.ts';
import { EmailChangesService, EmailVerificationService } from '../auth/email-verification/index.ts';
import { HostedPagesController } from './hosted-pages.decorator.ts';
import { EmailForm, LinkQuery, TokenForm } from './hosted-pages.dto.ts';
import { HostedPagesView } from './hosted-pages.view.ts';
import type { PageExchange } from './page-exchange.decorator.ts';
import { Exchange } from './page-exchange.decorator.ts';

/** The pages of email verification and email changes, used when no front end is configured. */
@HostedPagesController()
export class EmailPagesController {
  constructor(
    private readonly auth: AuthService,
    private readonly verification: EmailVerificationService,
    private readonly changes: EmailChangesService,
    private readonly tokens: OneTimeTokenVerifier,
    private readonly view: HostedPagesView,
  ) {}

  @Get('verify-email')
  async showVerify(@Query() { token }: LinkQuery, @Exchange() exchange: PageExchange): Promise<string> {
    const { locale } = await this.tokens.inspect('verify-email', token);
    return this.view.form('verify-email', exchange, { locale });
  }

  @Post('verify-email')
  @PadResponseTime()
  @HttpCode(200)
  async verify(@Body() { token }: TokenForm, @Exchange() exchange: PageExchange): Promise<string> {
    await this.auth.verifyEmail(token);
    return this.view.confirmation('verify-email', exchange);
  }

  @Get('resend-verification')
  showResend(@Exchange() exchange: PageExchange): string {
    return this.view.form('resend-verification', exchange);
  }

  @Post('resend-verification')
  @PadResponseTime('all')
  @HttpCode(200)
  async resend(@Body() { email }: EmailForm, @Exchange() exchange: PageExchange): Promise<string> {
    await this.verification.resend(email);
    return this.view.confirmation('resend-verification', exchange);
  }

  @Get('change-email')
  async showChange(@Query() { token }: LinkQuery, @Exchange() exchange: PageExchange): Promise<string> {
    const { locale } = await this.tokens.inspect('email-change', token);
    return this.view.form('change-email', exchange, { locale });
  }

  @Post('change-email')
  @PadResponseTime()
  @HttpCode(200)
  async change(@Body() { token }: TokenForm, @Exchange() exchange: PageExchange): Promise<string> {
    const confirm = await this.changes.prepareConfirmation(token);
    await confirm();
    return this.view.confirmation('change-email', exchange);
  }

  @Get('revert-email')
  async showRevert(@Query() { token }: LinkQuery, @Exchange() exchange: PageExchange): Promise<string> {
    const { locale } = await this.tokens.inspect('email-revert', token);
    return this.view.form('revert-email', exchange, { locale });
  }

  @Post('revert-email')
  @PadResponseTime()
  @HttpCode(200)
  async revert(@Body() { token }: TokenForm, @Exchange() exchange: PageExchange): Promise<string> {
    const revert = await this.changes.prepareRevert(token);
    await revert();
    return this.view.confirmation('revert-email', exchange);
  }
}
