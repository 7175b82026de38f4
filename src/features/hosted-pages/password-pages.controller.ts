import { Body, Get, HttpCode, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { FormPage } from '../../platform/http/html/form-page.ts';
import { renderForm, renderConfirmation } from '../../platform/http/html/form-page.ts';
import type { Commit } from '../../platform/http/idempotency/idempotency.decorators.ts';
import {
  IdempotentPerToken,
  PrepareBeforeTransaction,
} from '../../platform/http/idempotency/idempotency.decorators.ts';
import { PasswordRecoveryService, PasswordsService } from '../auth/login/index.ts';
import { HostedPages } from './hosted-pages.ts';
import { HostedPagesController } from './hosted-pages.decorator.ts';
import { EmailForm, LinkQuery, PasswordForm } from './hosted-pages.dto.ts';

/** The pages of password resets and invitations, used when no front end is configured. */
@HostedPagesController()
export class PasswordPagesController {
  constructor(
    private readonly passwords: PasswordsService,
    private readonly recovery: PasswordRecoveryService,
    private readonly pages: HostedPages,
  ) {}

  @Get('forgot-password')
  showForgot(@Res({ passthrough: true }) reply: FastifyReply): string {
    return renderForm(reply, this.pages.page('forgot-password'));
  }

  @Post('forgot-password')
  @HttpCode(200)
  async forgot(@Body() { email }: EmailForm, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    await this.recovery.forgot(email);
    return renderConfirmation(reply, this.pages.page('forgot-password'));
  }

  @Get('reset-password')
  showReset(@Query() { token }: LinkQuery, @Res({ passthrough: true }) reply: FastifyReply): string {
    return renderForm(reply, this.pages.page('reset-password'), { token });
  }

  @Post('reset-password')
  @HttpCode(200)
  @IdempotentPerToken('token')
  @PrepareBeforeTransaction()
  async reset(@Body() body: PasswordForm, @Res({ passthrough: true }) reply: FastifyReply): Promise<Commit<string>> {
    return await this.setPassword(body, reply, this.pages.page('reset-password'));
  }

  @Get('accept-invitation')
  showAccept(@Query() { token }: LinkQuery, @Res({ passthrough: true }) reply: FastifyReply): string {
    return renderForm(reply, this.pages.page('accept-invitation'), { token });
  }

  @Post('accept-invitation')
  @HttpCode(200)
  @IdempotentPerToken('token')
  @PrepareBeforeTransaction()
  async accept(@Body() body: PasswordForm, @Res({ passthrough: true }) reply: FastifyReply): Promise<Commit<string>> {
    return await this.setPassword(body, reply, this.pages.page('accept-invitation'));
  }

  private async setPassword(
    { token, newPassword }: PasswordForm,
    reply: FastifyReply,
    page: FormPage,
  ): Promise<Commit<string>> {
    const reset = await this.passwords.prepareReset(token, newPassword);
    return async () => {
      await reset();
      return renderConfirmation(reply, page);
    };
  }
}
