import { Inject, Injectable } from '@nestjs/common';
import type { ServiceConfig } from '../../platform/config/config.ts';
import { configToken } from '../../platform/config/config.module.ts';
import { Links } from '../../platform/config/links.ts';
import type { MailTemplate, RenderedMail } from './mail-templates.ts';
import { linkOptional, linkPaths, renderMail } from './mail-templates.ts';
import type { StoredMail } from './mail.repository.ts';
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
  render({ template, oneTimeToken }: StoredMail): RenderedMail {
    const name = template as MailTemplate;
    return renderMail(name, this.link(name, oneTimeToken));
  }

  /**
   * The same for delivery; undefined when the email is about a link that no longer works.
   * @throws Error when the token was encrypted with another APP_SECRET
   */
  renderIfUsable(mail: StoredMail): RenderedMail | undefined {
    const rendered = this.render(mail);
    const template = mail.template as MailTemplate;
    if (linkPaths[template] === undefined) return rendered;
    const { oneTimeToken } = mail;
    if (oneTimeToken === null || oneTimeToken.encryptedToken === null || oneTimeToken.expiresAt <= new Date())
      return linkOptional.includes(template) ? renderMail(template, undefined) : undefined;
    if (rendered.links.length === 0) throw new Error('The token of this email was encrypted with another APP_SECRET');
    return rendered;
  }

  /** Returns the link with the token. Never built from a Host header: a caller could redirect the token with it. */
  linkTo(path: string, token: string): string {
    return `${this.config.frontEndUrl ?? this.links.url('/account')}${path}?token=${token}`;
  }

  private link(template: MailTemplate, oneTimeToken: StoredMail['oneTimeToken']): string | undefined {
    const path = linkPaths[template];
    if (path === undefined || !oneTimeToken?.encryptedToken) return undefined;
    const token = this.tokens.decryptToken(oneTimeToken.id, oneTimeToken.encryptedToken);
    return token === undefined ? undefined : this.linkTo(path, token);
  }
}
