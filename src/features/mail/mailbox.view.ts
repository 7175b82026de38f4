import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { configToken } from '../../platform/config/config.module.ts';
import type { ServiceConfig } from '../../platform/config/config.ts';
import { Links } from '../../platform/config/links.ts';
import { contentSecurityPolicy } from '../../platform/http/html/content-security-policy.ts';
import type { Markup } from '../../platform/http/html/html-page.ts';
import { html } from '../../platform/http/html/html-page.ts';
import { HtmlPages } from '../../platform/http/html/html-pages.ts';
import { languages } from '../../platform/i18n/language.ts';
import type { Mail } from './mail.service.ts';
import type { RenderedMail } from './render-mail.ts';

/** Shows times in the zone and format of the browser; without scripts they are in UTC. */
export const mailboxScript = `'use strict';
for (const time of document.querySelectorAll('time')) {
  const date = new Date(time.dateTime);
  time.title = time.textContent;
  time.textContent = date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
}
`;

/** An email that a page shows: one that was enqueued, or an example. */
export interface ShownMail {
  readonly mail: RenderedMail;
  readonly template: string;
  /** Of the page, below the mailbox. */
  readonly path: string;
  readonly sent?: { readonly to: string; readonly createdAt: Date };
}

/** The pages of the mailbox. */
@Injectable()
export class MailboxView {
  private readonly root: string;

  constructor(
    private readonly pages: HtmlPages,
    @Inject(configToken('service')) private readonly service: ServiceConfig,
    links: Links,
  ) {
    this.root = links.path('/dev/mailbox');
  }

  list(reply: FastifyReply, mails: readonly Mail[], to: string | undefined): void {
    const empty =
      to === undefined
        ? html`<p class="quiet">No emails yet. Register an account, then reload this page.</p>`
        : html`<p class="quiet">No emails to <span dir="auto">${to}</span>.</p>`;
    this.send(
      reply,
      'Mailbox',
      html`<h1>Mailbox</h1>
        <p>Development stores emails here instead of sending them. The newest 100 are shown.</p>
        <div class="bar">
          <form method="get" action="${this.root}">
            <label for="to">Recipient</label>
            <input id="to" name="to" type="email" maxlength="254" value="${to ?? ''}" />
            <button type="submit" class="secondary">Filter</button>
          </form>
          <form method="post" action="${this.root}/clear">
            <button type="submit" class="secondary">Delete all emails</button>
          </form>
          <a href="${this.root}/templates">Examples of every email</a>
        </div>
        ${mails.length === 0 ? empty : html`<ul class="rows">${mails.map((mail) => this.row(mail))}</ul>`}`,
    );
  }

  show(reply: FastifyReply, { mail, template, path, sent }: ShownMail): void {
    const facts =
      sent === undefined ? '' : html`<dt>To</dt><dd>${sent.to}</dd><dt>Enqueued</dt><dd>${timeOf(sent.createdAt)}</dd>`;
    this.send(
      reply,
      mail.subject,
      html`<p><a href="${sent === undefined ? `${this.root}/templates` : this.root}">Back to the list</a></p>
        <h1 dir="auto">${mail.subject}</h1>
        <dl class="facts">${facts}<dt>Template</dt><dd>${template}</dd><dt>Language</dt><dd>${mail.language}</dd></dl>
        ${mail.links.length === 0 ? '' : html`<h2>Links</h2>${mail.links.map((link) => openLink(link))}`}
        <h2>HTML</h2>
        <iframe
          src="${this.root}${path}"
          title="The email as HTML"
          sandbox="allow-popups allow-popups-to-escape-sandbox"
        ></iframe>
        <h2>Text</h2>
        <pre lang="${mail.language}" dir="auto">${mail.text}</pre>`,
    );
  }

  /** The HTML of an email for the frame of its page. Emails have inline styles; nothing else of them is applied. */
  frame(reply: FastifyReply, mail: RenderedMail): void {
    const { logoUrl } = this.service;
    const policy = contentSecurityPolicy({
      'style-src': ["'unsafe-inline'"],
      'img-src': [logoUrl === undefined ? "'none'" : new URL(logoUrl).origin],
      'frame-ancestors': ["'self'"],
      sandbox: ['allow-popups', 'allow-popups-to-escape-sandbox'],
    });
    void reply
      .header('content-security-policy', policy)
      .header('x-frame-options', 'SAMEORIGIN')
      .header('content-type', 'text/html; charset=utf-8')
      // Links of the email open in a new tab: the pages that they lead to cannot be framed.
      .send(mail.html.replace('<head>', '<head>\n<base target="_blank">'));
  }

  templates(reply: FastifyReply, names: readonly string[]): void {
    const linkTo = (name: string, language: string): Markup =>
      html`<a href="${this.root}/templates/${name}?language=${language}" hreflang="${language}">${language}</a> `;
    const rows = names.map(
      (name) =>
        html`<tr><th scope="row">${name}</th><td>${languages.map((language) => linkTo(name, language))}</td></tr>`,
    );
    this.send(
      reply,
      'Examples of every email',
      html`<p><a href="${this.root}">Back to the list</a></p>
        <h1>Examples of every email</h1>
        <p>Their words and layout are in <code>src/features/mail/texts</code>.</p>
        <table class="templates">
          <thead><tr><th scope="col">Template</th><th scope="col">Languages</th></tr></thead>
          <tbody>${rows}</tbody>
        </table>`,
    );
  }

  private row({ id, subject, to, createdAt, links }: Mail): Markup {
    return html`<li>
      <a href="${this.root}/${id}" dir="auto"><strong>${subject}</strong></a>
      <span class="quiet">to <span dir="auto">${to}</span> · ${timeOf(createdAt)}</span>
      ${links.map((link) => openLink(link))}
    </li>`;
  }

  private send(reply: FastifyReply, title: string, body: Markup): void {
    // Browsers send the origin of such a page with its form (see isOwnForm).
    void reply.header('referrer-policy', 'same-origin');
    this.pages.send(reply, { title, body, scripts: [`${this.root}/page.js`], frames: true });
  }
}

function openLink(link: string): Markup {
  return html`<a href="${link}" class="action">Open the link</a>`;
}

function timeOf(date: Date): Markup {
  const iso = date.toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`;
}
