import { Body, Get, HttpCode, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { askPage, donePage } from '../../http/html/form-page.ts';
import { AuthService } from '../auth/auth.service.ts';
import { EmailChangesService } from '../email-addresses/email-changes.service.ts';
import { EmailVerificationService } from '../email-addresses/email-verification.service.ts';
import { AccountPages } from './account-pages.ts';
import { AccountPagesController } from './account-pages.decorator.ts';
import { AddressForm, LinkQuery, TokenForm } from './account-pages.dto.ts';

/** What mailed links about addresses open when no front end is configured. */
@AccountPagesController()
export class AddressPagesController {
  constructor(
    private readonly auth: AuthService,
    private readonly verification: EmailVerificationService,
    private readonly changes: EmailChangesService,
    private readonly pages: AccountPages,
  ) {}

  @Get('verify-email')
  askToVerify(@Query() { token }: LinkQuery, @Res({ passthrough: true }) reply: FastifyReply): string {
    return askPage(reply, this.pages.page('verify-email'), { token });
  }

  @Post('verify-email')
  @HttpCode(200)
  async verify(@Body() { token }: TokenForm, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    await this.auth.verifyEmail(token);
    return donePage(reply, this.pages.page('verify-email'));
  }

  @Get('resend-verification')
  askToResend(@Res({ passthrough: true }) reply: FastifyReply): string {
    return askPage(reply, this.pages.page('resend-verification'));
  }

  @Post('resend-verification')
  @HttpCode(200)
  async resend(@Body() { email }: AddressForm, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    await this.verification.resend(email);
    return donePage(reply, this.pages.page('resend-verification'));
  }

  @Get('change-email')
  askToChange(@Query() { token }: LinkQuery, @Res({ passthrough: true }) reply: FastifyReply): string {
    return askPage(reply, this.pages.page('change-email'), { token });
  }

  @Post('change-email')
  @HttpCode(200)
  async change(@Body() { token }: TokenForm, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    await (
      await this.changes.prepareConfirmation(token)
    )();
    return donePage(reply, this.pages.page('change-email'));
  }

  @Get('revert-email')
  askToRevert(@Query() { token }: LinkQuery, @Res({ passthrough: true }) reply: FastifyReply): string {
    return askPage(reply, this.pages.page('revert-email'), { token });
  }

  @Post('revert-email')
  @HttpCode(200)
  async revert(@Body() { token }: TokenForm, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    await (
      await this.changes.prepareReversion(token)
    )();
    return donePage(reply, this.pages.page('revert-email'));
  }
}
