import { Body, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HostCookies } from '../../http/cookies/host-cookies.ts';
import { askPage, donePage } from '../../http/html/form-page.ts';
import { html } from '../../http/html/html-page.ts';
import { browserSecretName, MagicLinksService } from '../auth/magic-links.service.ts';
import { AccountPages } from './account-pages.ts';
import { AccountPagesController } from './account-pages.decorator.ts';
import { AddressForm, LinkQuery, TokenForm } from './account-pages.dto.ts';

/** Login by a mailed link for a service without a front end; nothing is here while that is off. */
@AccountPagesController()
export class MagicLinkPagesController {
  constructor(
    private readonly magicLinks: MagicLinksService,
    private readonly cookies: HostCookies,
    private readonly pages: AccountPages,
  ) {}

  @Get('request-magic-link')
  askForAddress(@Res({ passthrough: true }) reply: FastifyReply): string {
    this.magicLinks.expectOn();
    return askPage(reply, this.pages.page('request-magic-link'));
  }

  @Post('request-magic-link')
  @HttpCode(200)
  async request(@Body() { email }: AddressForm, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    this.magicLinks.expectOn();
    const value = await this.magicLinks.request(email);
    this.cookies.set(reply, browserSecretName, { value, maxAgeSeconds: this.magicLinks.ttlSeconds });
    return donePage(reply, this.pages.page('request-magic-link'));
  }

  @Get('magic-link')
  askToLogIn(@Query() { token }: LinkQuery, @Res({ passthrough: true }) reply: FastifyReply): string {
    this.magicLinks.expectOn();
    return askPage(reply, this.pages.page('magic-link'), { token });
  }

  @Post('magic-link')
  @HttpCode(200)
  async logIn(
    @Body() { token }: TokenForm,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    this.magicLinks.expectOn();
    const tokens = await this.magicLinks.verify(token, this.cookies.read(request, browserSecretName));
    this.cookies.set(reply, browserSecretName, { value: '', maxAgeSeconds: 0 });
    return donePage(
      reply,
      this.pages.page('magic-link'),
      html`<p>
        <label for="access-token">Access token, good for ${tokens.expiresIn} seconds</label><br />
        <input id="access-token" readonly value="${tokens.accessToken}" />
      </p>`,
    );
  }
}
