import { Body, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HostCookies } from '../../platform/http/server/host-cookies.ts';
import { renderForm, renderConfirmation } from '../../platform/http/html/form-page.ts';
import { html } from '../../platform/http/html/html-page.ts';
import { MagicLinksService, browserSecretName } from '../auth/login/index.ts';
import { HostedPages } from './hosted-pages.ts';
import { HostedPagesController } from './hosted-pages.decorator.ts';
import { EmailForm, LinkQuery, TokenForm } from './hosted-pages.dto.ts';

/** The pages of magic links, used when no front end is configured; 404 while magic links are disabled. */
@HostedPagesController()
export class MagicLinkPagesController {
  constructor(
    private readonly magicLinks: MagicLinksService,
    private readonly cookies: HostCookies,
    private readonly pages: HostedPages,
  ) {}

  @Get('request-magic-link')
  showRequest(@Res({ passthrough: true }) reply: FastifyReply): string {
    this.magicLinks.assertEnabled();
    return renderForm(reply, this.pages.page('request-magic-link'));
  }

  @Post('request-magic-link')
  @HttpCode(200)
  async request(@Body() { email }: EmailForm, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    this.magicLinks.assertEnabled();
    const value = await this.magicLinks.request(email);
    this.cookies.set(reply, browserSecretName, { value, maxAgeSeconds: this.magicLinks.ttlSeconds });
    return renderConfirmation(reply, this.pages.page('request-magic-link'));
  }

  @Get('magic-link')
  showLogin(@Query() { token }: LinkQuery, @Res({ passthrough: true }) reply: FastifyReply): string {
    this.magicLinks.assertEnabled();
    return renderForm(reply, this.pages.page('magic-link'), { token });
  }

  @Post('magic-link')
  @HttpCode(200)
  async login(
    @Body() { token }: TokenForm,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    this.magicLinks.assertEnabled();
    const result = await this.magicLinks.verify(token, this.cookies.read(request, browserSecretName));
    this.cookies.set(reply, browserSecretName, { value: '', maxAgeSeconds: 0 });
    return renderConfirmation(
      reply,
      this.pages.page('magic-link'),
      'mfaToken' in result
        ? html`<p>
            <label for="mfa-token">
              This account requires a second factor. MFA token, valid for ${result.expiresIn} seconds
            </label><br />
            <input id="mfa-token" readonly value="${result.mfaToken}" />
          </p>`
        : html`<p>
            <label for="access-token">Access token, valid for ${result.expiresIn} seconds</label><br />
            <input id="access-token" readonly value="${result.accessToken}" />
          </p>`,
    );
  }
}
