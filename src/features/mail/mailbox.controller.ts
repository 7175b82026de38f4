import { Controller, Get, Query, Req, Res, UseGuards, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../../http/auth/access.decorators.ts';
import { html, sendPage } from '../../http/html/html-page.ts';
import { choosesHtml } from '../../http/html/negotiation.ts';
import { MailboxQuery } from './mailbox.dto.ts';
import { MailboxGuard } from './mailbox.guard.ts';
import { MailService } from './mail.service.ts';

/** The mails that development keeps instead of sending, so that every flow can be tried by hand and by script. */
@Public()
@UseGuards(MailboxGuard)
@ApiExcludeController()
@Controller({ path: 'dev/mailbox', version: VERSION_NEUTRAL })
export class MailboxController {
  constructor(private readonly mail: MailService) {}

  @Get()
  async show(@Query() query: MailboxQuery, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const mails = await this.mail.mailbox(query.to);
    if (!choosesHtml(request, reply)) {
      void reply.send({ data: mails });
      return;
    }
    const letters = mails.map(
      (mail) =>
        html`<article>
          <h2>${mail.subject}</h2>
          <p class="quiet">to ${mail.to} · ${mail.createdAt.toISOString()}</p>
          <pre>${mail.text}</pre>
          ${mail.links.map((link) => html`<p><a href="${link}">Open the link</a></p>`)}
        </article>`,
    );
    const empty = html`<p class="quiet">No mail yet. Register an account and look again.</p>`;
    sendPage(
      reply,
      'Mailbox',
      html`<h1>Mailbox</h1>
        <p>Development keeps mails here instead of sending them.</p>
        ${letters.length === 0 ? empty : letters}`,
    );
  }
}
