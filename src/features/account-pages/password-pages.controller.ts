import { Body, Get, HttpCode, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { FormPage } from '../../http/html/form-page.ts';
import { askPage, donePage } from '../../http/html/form-page.ts';
import type { Finish } from '../../http/idempotency/idempotency.decorators.ts';
import { IdempotentPerToken, PreparesOutside } from '../../http/idempotency/idempotency.decorators.ts';
import { PasswordRecoveryService } from '../auth/password-recovery.service.ts';
import { PasswordsService } from '../auth/passwords.service.ts';
import { AccountPages } from './account-pages.ts';
import { AccountPagesController } from './account-pages.decorator.ts';
import { AddressForm, LinkQuery, PasswordForm } from './account-pages.dto.ts';

/** What mailed links that lead to a password open when no front end is configured, and how to get one. */
@AccountPagesController()
export class PasswordPagesController {
  constructor(
    private readonly passwords: PasswordsService,
    private readonly recovery: PasswordRecoveryService,
    private readonly pages: AccountPages,
  ) {}

  @Get('forgot-password')
  askForAddress(@Res({ passthrough: true }) reply: FastifyReply): string {
    return askPage(reply, this.pages.page('forgot-password'));
  }

  @Post('forgot-password')
  @HttpCode(200)
  async forgot(@Body() { email }: AddressForm, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    await this.recovery.forgot(email);
    return donePage(reply, this.pages.page('forgot-password'));
  }

  @Get('reset-password')
  askToReset(@Query() { token }: LinkQuery, @Res({ passthrough: true }) reply: FastifyReply): string {
    return askPage(reply, this.pages.page('reset-password'), { token });
  }

  @Post('reset-password')
  @HttpCode(200)
  @IdempotentPerToken('token')
  @PreparesOutside()
  async reset(@Body() body: PasswordForm, @Res({ passthrough: true }) reply: FastifyReply): Promise<Finish<string>> {
    return await this.setPassword(body, reply, this.pages.page('reset-password'));
  }

  @Get('accept-invitation')
  askToAccept(@Query() { token }: LinkQuery, @Res({ passthrough: true }) reply: FastifyReply): string {
    return askPage(reply, this.pages.page('accept-invitation'), { token });
  }

  @Post('accept-invitation')
  @HttpCode(200)
  @IdempotentPerToken('token')
  @PreparesOutside()
  async accept(@Body() body: PasswordForm, @Res({ passthrough: true }) reply: FastifyReply): Promise<Finish<string>> {
    return await this.setPassword(body, reply, this.pages.page('accept-invitation'));
  }

  private async setPassword(
    { token, newPassword }: PasswordForm,
    reply: FastifyReply,
    page: FormPage,
  ): Promise<Finish<string>> {
    const spend = await this.passwords.prepareReset(token, newPassword);
    return async () => {
      await spend();
      return donePage(reply, page);
    };
  }
}
