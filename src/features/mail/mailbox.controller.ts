import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Controller, Get, Inject, Injectable, Query, Req, Res, UseGuards, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { configToken } from '../../platform/config/config.module.ts';
import type { ServiceConfig } from '../../platform/config/config.ts';
import { Public } from '../../platform/http/auth/access.decorators.ts';
import { html } from '../../platform/http/html/html-page.ts';
import { HtmlPages } from '../../platform/http/html/html-pages.ts';
import { negotiatesHtml } from '../../platform/http/html/negotiation.ts';
import { RouteNotFound } from '../../platform/http/problem/http.errors.ts';
import { StringField } from '../../platform/validation/fields.ts';
import { IgnoresUnknownMembers } from '../../platform/validation/validate-input.ts';
import { MailService } from './mail.service.ts';

@IgnoresUnknownMembers()
class MailboxQuery {
  @StringField({ max: 254, optional: true, description: 'Only emails to this email address.' })
  readonly to?: string;
}

/** Host names of the loopback interface (RFC 6761 §6.3, RFC 1122 §3.2.1.3), as the URL standard writes them. */
const loopback = /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Serves the mailbox under the host names of the service only. Another page can point its own host name to a loopback
 * IP address (DNS rebinding) and read the mailbox through a local browser; its requests still have that host name.
 */
@Injectable()
class MailboxGuard implements CanActivate {
  private readonly ownHostname: string;

  constructor(@Inject(configToken('service')) { publicUrl }: ServiceConfig) {
    this.ownHostname = new URL(publicUrl).hostname;
  }

  /** @throws RouteNotFound */
  canActivate(context: ExecutionContext): boolean {
    const { host = '' } = context.switchToHttp().getRequest<FastifyRequest>().headers;
    const hostname = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '';
    if (hostname !== this.ownHostname && !loopback.test(hostname)) throw new RouteNotFound();
    return true;
  }
}

/** Lists the emails that development stores instead of sending. */
@Public()
@UseGuards(MailboxGuard)
@ApiExcludeController()
@Controller({ path: 'dev/mailbox', version: VERSION_NEUTRAL })
export class MailboxController {
  constructor(
    private readonly mail: MailService,
    private readonly pages: HtmlPages,
  ) {}

  @Get()
  async list(@Query() query: MailboxQuery, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const mails = await this.mail.mailbox(query.to);
    if (!negotiatesHtml(request, reply)) {
      void reply.send({ data: mails });
      return;
    }
    const articles = mails.map(
      (mail) =>
        html`<article>
          <h2>${mail.subject}</h2>
          <p class="quiet">to ${mail.to} · ${mail.createdAt.toISOString()}</p>
          <pre>${mail.text}</pre>
          ${mail.links.map((link) => html`<p><a href="${link}">Open the link</a></p>`)}
        </article>`,
    );
    const empty = html`<p class="quiet">No emails yet. Register an account, then reload this page.</p>`;
    this.pages.send(reply, {
      title: 'Mailbox',
      body: html`<h1>Mailbox</h1>
        <p>Development stores emails here instead of sending them.</p>
        ${articles.length === 0 ? empty : articles}`,
    });
  }
}
