import { Body, Get, HttpCode, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { renderForm, renderConfirmation } from '../../platform/http/html/form-page.ts';
import { AuthService } from '../auth/login/index.ts';
import { EmailChangesService, EmailVerificationService } from '../auth/email-verification/index.ts';
import { HostedPages } from './hosted-pages.ts';
import { HostedPagesController } from './hosted-pages.decorator.ts';
import { EmailForm, LinkQuery, TokenForm } from './hosted-pages.dto.ts';

/** The pages of email verification and email changes, used when no front end is configured. */
@HostedPagesController()
export class EmailPagesController {
  constructor(
    private readonly auth: AuthService,
    private readonly verification: EmailVerificationService,
    private readonly changes: EmailChangesService,
    private readonly pages: HostedPages,
  ) {}

  @Get('verify-email')
  showVerify(@Query() { token }: LinkQuery, @Res({ passthrough: true }) reply: FastifyReply): string {
    return renderForm(reply, this.pages.page('verify-email'), { token });
  }

  @Post('verify-email')
  @HttpCode(200)
  async verify(@Body() { token }: TokenForm, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    await this.auth.verifyEmail(token);
    return renderConfirmation(reply, this.pages.page('verify-email'));
  }

  @Get('resend-verification')
  showResend(@Res({ passthrough: true }) reply: FastifyReply): string {
    return renderForm(reply, this.pages.page('resend-verification'));
  }

  @Post('resend-verification')
  @HttpCode(200)
  async resend(@Body() { email }: EmailForm, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    await this.verification.resend(email);
    return renderConfirmation(reply, this.pages.page('resend-verification'));
  }

  @Get('change-email')
  showChange(@Query() { token }: LinkQuery, @Res({ passthrough: true }) reply: FastifyReply): string {
    return renderForm(reply, this.pages.page('change-email'), { token });
  }

  @Post('change-email')
  @HttpCode(200)
  async change(@Body() { token }: TokenForm, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    await (
      await this.changes.prepareConfirmation(token)
    )();
    return renderConfirmation(reply, this.pages.page('change-email'));
  }

  @Get('revert-email')
  showRevert(@Query() { token }: LinkQuery, @Res({ passthrough: true }) reply: FastifyReply): string {
    return renderForm(reply, this.pages.page('revert-email'), { token });
  }

  @Post('revert-email')
  @HttpCode(200)
  async revert(@Body() { token }: TokenForm, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    await (
      await this.changes.prepareRevert(token)
    )();
    return renderConfirmation(reply, this.pages.page('revert-email'));
  }
}
