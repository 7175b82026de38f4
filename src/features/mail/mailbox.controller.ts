import { Controller, Get, Header, Param, Post, Query, Req, Res, UseGuards, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Links } from '../../platform/config/links.ts';
import { Public } from '../../platform/http/auth/access.decorators.ts';
import { negotiatesHtml } from '../../platform/http/html/negotiation.ts';
import { IgnoresIdempotencyKey } from '../../platform/http/idempotency/idempotency.decorators.ts';
import { RouteNotFound } from '../../platform/http/problem/http.errors.ts';
import { IdParamPipe } from '../../platform/http/validation/id-param.pipe.ts';
import { languageOf } from '../../platform/i18n/language.ts';
import { StringField } from '../../platform/validation/fields.ts';
import { IgnoresUnknownMembers } from '../../platform/validation/validate-input.ts';
import { MailRenderer } from './mail-renderer.ts';
import type { Mail } from './mail.service.ts';
import { MailService } from './mail.service.ts';
import { MailboxGuard } from './mailbox.guard.ts';
import { mailboxScript, MailboxView } from './mailbox.view.ts';
import type { RenderedMail } from './render-mail.ts';

@IgnoresUnknownMembers()
class MailboxQuery {
  @StringField({ max: 254, optional: true, description: 'Only emails to this email address.' })
  readonly to?: string;
}

@IgnoresUnknownMembers()
class TemplateQuery {
  @StringField({ max: 35, optional: true, description: 'The language of the example (BCP 47).' })
  readonly language?: string;
}

/** Lists the emails that development stores instead of sending. */
@Public()
@UseGuards(MailboxGuard)
@ApiExcludeController()
@Controller({ path: 'dev/mailbox', version: VERSION_NEUTRAL })
export class MailboxController {
  constructor(
    private readonly mail: MailService,
    private readonly renderer: MailRenderer,
    private readonly view: MailboxView,
    private readonly links: Links,
  ) {}

  @Get()
  async list(@Query() query: MailboxQuery, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    // The form sends an empty field when it is not filled in.
    const to = query.to === '' ? undefined : query.to;
    const mails = await this.mail.mailbox(to);
    if (negotiatesHtml(request, reply)) this.view.list(reply, mails, to);
    else void reply.send({ data: mails.map(summaryOf) });
  }

  @Get('page.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  script(): string {
    return mailboxScript;
  }

  @Get('templates')
  templates(@Res() reply: FastifyReply): void {
    this.view.templates(reply, this.renderer.templates);
  }

  @Get('templates/:template')
  template(@Param('template') name: string, @Query() query: TemplateQuery, @Res() reply: FastifyReply): void {
    const mail = this.example(name, query);
    this.view.show(reply, { mail, template: name, path: `/templates/${name}/html?language=${mail.language}` });
  }

  @Get('templates/:template/html')
  templateHtml(@Param('template') name: string, @Query() query: TemplateQuery, @Res() reply: FastifyReply): void {
    this.view.frame(reply, this.example(name, query));
  }

  @Post('clear')
  @IgnoresIdempotencyKey()
  async clear(@Res() reply: FastifyReply): Promise<void> {
    await this.mail.clearMailbox();
    void reply.redirect(this.links.path('/dev/mailbox'), 303);
  }

  @Get(':id')
  async show(
    @Param('id', IdParamPipe) id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const mail = await this.get(id);
    if (negotiatesHtml(request, reply)) {
      this.view.show(reply, { mail, template: mail.template, path: `/${id}/html`, sent: mail });
    } else void reply.send({ ...summaryOf(mail), html: mail.html });
  }

  @Get(':id/html')
  async html(@Param('id', IdParamPipe) id: string, @Res() reply: FastifyReply): Promise<void> {
    this.view.frame(reply, await this.get(id));
  }

  /** @throws RouteNotFound */
  private async get(id: string): Promise<Mail> {
    const mail = await this.mail.findInMailbox(id);
    if (mail === undefined) throw new RouteNotFound();
    return mail;
  }

  /** @throws RouteNotFound */
  private example(template: string, { language = 'en' }: TemplateQuery): RenderedMail {
    const mail = this.renderer.example(template, languageOf(language));
    if (mail === undefined) throw new RouteNotFound();
    return mail;
  }
}

function summaryOf({ id, to, createdAt, template, language, subject, text, links }: Mail): object {
  return { id, to, createdAt, template, language, subject, text, links };
}
