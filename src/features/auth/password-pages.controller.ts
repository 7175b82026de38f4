import { Body, Controller, Get, Post, Query, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../../http/auth/access.decorators.ts';
import type { Markup } from '../../http/html/html-page.ts';
import { html, prefersHtml, sendPage } from '../../http/html/html-page.ts';
import { MailedTokenDto, ResetPasswordDto } from './auth.dto.ts';
import { InvalidToken, WeakPassword } from './auth.errors.ts';
import { PasswordsService } from './passwords.service.ts';

const title = 'Choose a password';

/** What a mailed invitation opens when no front end is configured. Opening it changes nothing; its button does. */
@Public()
@ApiExcludeController()
@Controller({ path: 'account', version: VERSION_NEUTRAL })
export class PasswordPagesController {
  constructor(private readonly passwords: PasswordsService) {}

  @Get('accept-invitation')
  ask(@Query() query: MailedTokenDto, @Res() reply: FastifyReply): void {
    sendPage(reply, title, form(query.token));
  }

  @Post('accept-invitation')
  async accept(
    @Body() body: ResetPasswordDto,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    try {
      await this.passwords.reset(body.token, body.newPassword);
    } catch (error) {
      const isExpected = error instanceof InvalidToken || error instanceof WeakPassword;
      if (!isExpected || !prefersHtml(request.headers.accept)) throw error;
      void reply.status(error.kind.status);
      sendPage(reply, error.kind.title, error instanceof WeakPassword ? form(body.token, error.message) : expired());
      return;
    }
    void reply.status(200);
    sendPage(
      reply,
      'Welcome',
      html`<h1>Welcome</h1>
        <p>Your password is set and your e-mail address confirmed. You can log in now.</p>`,
    );
  }
}

function form(token: string, mistake?: string): Markup {
  return html`<h1>${title}</h1>
    ${mistake === undefined ? '' : html`<p role="alert"><strong>${mistake}</strong></p>`}
    <form method="post" action="/account/accept-invitation">
      <input type="hidden" name="token" value="${token}" />
      <p>
        <label for="new-password">Password</label><br />
        <input id="new-password" name="newPassword" type="password" autocomplete="new-password" required maxlength="128" />
      </p>
      <button type="submit">Set the password</button>
    </form>`;
}

function expired(): Markup {
  return html`<h1>This link no longer works</h1>
    <p>${InvalidToken.kind.meaning}</p>`;
}
