import { Controller, Get, Query, Req, Res, UseGuards, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../../platform/http/auth/access.decorators.ts';
import { html, sendPage } from '../../platform/http/html/html-page.ts';
import { negotiatesHtml } from '../../platform/http/html/negotiation.ts';
import { MailboxQuery } from './mailbox.dto.ts';
import { MailboxGuard } from './mailbox.guard.ts';
import { MailService } from './mail.service.ts';

/** Lists the emails that development stores instead of sending. */
@Public()
@UseGuards(MailboxGuard)
@ApiExcludeController()
@Controller({ path: 'dev/mailbox', version: VERSION_NEUTRAL })
export class MailboxController {
  constructor(private readonly mail: MailService) {}

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
    sendPage(
      reply,
      'Mailbox',
      html`<h1>Mailbox</h1>
        <p>Development stores emails here instead of sending them.</p>
        ${articles.length === 0 ? empty : articles}`,
    );
  }
}
