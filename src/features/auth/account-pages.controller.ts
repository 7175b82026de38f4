import { Body, Controller, Get, Post, Query, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../../http/auth/access.decorators.ts';
import { html, prefersHtml, sendPage } from '../../http/html/html-page.ts';
import { MailedTokenDto } from './auth.dto.ts';
import { InvalidToken } from './auth.errors.ts';
import { AuthService } from './auth.service.ts';

/** What a mailed link opens when no front end is configured. Opening it changes nothing; its button does. */
@Public()
@ApiExcludeController()
@Controller({ path: 'account', version: VERSION_NEUTRAL })
export class AccountPagesController {
  constructor(private readonly auth: AuthService) {}

  @Get('verify-email')
  ask(@Query() query: MailedTokenDto, @Res() reply: FastifyReply): void {
    sendPage(
      reply,
      'Confirm your e-mail address',
      html`<h1>Confirm your e-mail address</h1>
        <form method="post" action="/account/verify-email">
          <input type="hidden" name="token" value="${query.token}" />
          <button type="submit">Confirm</button>
        </form>`,
    );
  }

  @Post('verify-email')
  async verify(
    @Body() body: MailedTokenDto,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    try {
      await this.auth.verifyEmail(body.token);
    } catch (error) {
      if (!(error instanceof InvalidToken) || !prefersHtml(request.headers.accept)) throw error;
      void reply.status(error.kind.status);
      sendPage(
        reply,
        error.kind.title,
        html`<h1>This link no longer works</h1>
          <p>${error.kind.meaning}</p>`,
      );
      return;
    }
    void reply.status(200);
    sendPage(
      reply,
      'Confirmed',
      html`<h1>Thank you</h1>
        <p>Your e-mail address is confirmed. You can log in now.</p>`,
    );
  }
}
