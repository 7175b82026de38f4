import { Inject, Injectable } from '@nestjs/common';
import type { ServiceConfig } from '../../platform/config/config.ts';
import { configToken } from '../../platform/config/config.module.ts';
import { Links } from '../../platform/config/links.ts';
import type { MailTemplate } from './mail-templates.ts';
import { linkOptional, linkPathOf, showsOrigin } from './mail-templates.ts';
import type { StoredMail } from './mail.repository.ts';
import type { Language } from '../../platform/i18n/language.ts';
import type { MailFacts, RenderedMail } from './render-mail.ts';
import { mailTexts, renderMail } from './render-mail.ts';
import { OneTimeTokensService } from '../auth/one-time-tokens/index.ts';

/** Renders stored emails. */
@Injectable()
export class MailRenderer {
  constructor(
    private readonly tokens: OneTimeTokensService,
    private readonly links: Links,
    @Inject(configToken('service')) private readonly config: ServiceConfig,
  ) {}

  /** Renders the email, with its link while the token is neither used nor replaced. */
  render(mail: StoredMail): RenderedMail {
    return this.renderWith(mail, this.link(mail));
  }

  /**
   * The same for delivery; undefined when the email is about a link that no longer works.
   * @throws Error when the token was encrypted with another APP_SECRET
   */
  renderIfUsable(mail: StoredMail): RenderedMail | undefined {
    const template = mail.template as MailTemplate;
    if (linkPathOf(template) === undefined) return this.render(mail);
    const { encryptedToken, expiresAt } = mail;
    if (encryptedToken === null || expiresAt === null || expiresAt <= new Date())
      return linkOptional.includes(template) ? this.renderWith(mail, undefined) : undefined;
    const link = this.link(mail);
    if (link === undefined) throw new Error('The token of this email was encrypted with another APP_SECRET');
    return this.renderWith(mail, link);
  }

  /** Returns the link with the token. Never built from a Host header: a caller could redirect the token with it. */
  linkTo(path: string, token: string): string {
    return `${this.config.frontEndUrl ?? this.links.url('/account')}${path}?token=${token}`;
  }

  /** The names of all emails. */
  get templates(): readonly MailTemplate[] {
    return Object.keys(mailTexts.en('').mails) as MailTemplate[];
  }

  /** An example of an email with a link that does not work; undefined when there is no such template. */
  example(name: string, locale: Language): RenderedMail | undefined {
    const template = this.templates.find((each) => each === name);
    if (template === undefined) return undefined;
    const at = new Date();
    const path = linkPathOf(template);
    const expiresAt = new Date(at.getTime() + 1_800_000);
    const link = path === undefined ? undefined : { url: this.linkTo(path, 'example'), expiresAt };
    const origin = showsOrigin(template)
      ? { ip: '192.0.2.1', browser: 'Firefox, Windows' }
      : { ip: null, browser: null };
    return renderMail({ template, link, at, ...origin, locale, timeZone: 'UTC' }, this.config);
  }

  private renderWith(mail: StoredMail, link: MailFacts['link']): RenderedMail {
    const { ip, browser, locale, timeZone, createdAt: at } = mail;
    return renderMail(
      { template: mail.template as MailTemplate, link, at, ip, browser, locale, timeZone },
      this.config,
    );
  }

  private link({ template, tokenId, encryptedToken, expiresAt }: StoredMail): MailFacts['link'] {
    const path = linkPathOf(template as MailTemplate);
    if (path === undefined || tokenId === null || encryptedToken === null || expiresAt === null) return undefined;
    const token = this.tokens.decryptToken(tokenId, encryptedToken);
    return token === undefined ? undefined : { url: this.linkTo(path, token), expiresAt };
  }
}
