import { Inject, Injectable } from '@nestjs/common';
import type { ServiceConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { Links } from '../../config/links.ts';
import type { MailTemplate, WrittenMail } from './mail-templates.ts';
import { linkPaths, writeMail } from './mail-templates.ts';
import type { StoredMail } from './mail.repository.ts';
import { MailedTokensService } from './mailed-tokens.service.ts';

/** Turns stored mails into what their readers see. */
@Injectable()
export class MailWriter {
  constructor(
    private readonly tokens: MailedTokensService,
    private readonly links: Links,
    @Inject(configToken('service')) private readonly config: ServiceConfig,
  ) {}

  /** The mail, with its link as long as nobody has used or replaced its token. */
  write({ template, mailedToken }: StoredMail): WrittenMail {
    const known = template as MailTemplate;
    return writeMail(known, this.link(known, mailedToken));
  }

  /**
   * The same for delivery: nothing when the mail is about a link that no longer works.
   * @throws when this process has another APP_SECRET than the one that has promised the mail
   */
  writeUsable(mail: StoredMail): WrittenMail | undefined {
    const written = this.write(mail);
    if (linkPaths[mail.template as MailTemplate] === undefined) return written;
    const { mailedToken } = mail;
    if (mailedToken === null || mailedToken.sealedToken === null || mailedToken.expiresAt <= new Date())
      return undefined;
    if (written.links.length === 0) throw new Error('The token of this mail was sealed with another APP_SECRET');
    return written;
  }

  /** Where a token is taken to. Never built from a Host header: that would let a caller choose where the token goes. */
  linkTo(path: string, token: string): string {
    return `${this.config.frontEndUrl ?? this.links.url('/account')}${path}?token=${token}`;
  }

  private link(template: MailTemplate, mailedToken: StoredMail['mailedToken']): string | undefined {
    const path = linkPaths[template];
    if (path === undefined || !mailedToken?.sealedToken) return undefined;
    const token = this.tokens.open(mailedToken.id, mailedToken.sealedToken);
    return token === undefined ? undefined : this.linkTo(path, token);
  }
}
