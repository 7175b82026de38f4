import { Inject, Injectable } from '@nestjs/common';
import type { ServiceConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import type { MailTemplate, WrittenMail } from './mail-templates.ts';
import { linkPaths, writeMail } from './mail-templates.ts';
import type { StoredMail } from './mail.repository.ts';
import { MailRepository } from './mail.repository.ts';
import { MailedTokensService } from './mailed-tokens.service.ts';

/** A mail with everything that a mailbox shows. */
export interface Mail extends WrittenMail {
  readonly id: string;
  readonly to: string;
  readonly createdAt: Date;
}

/** So many mails are shown at most. */
const mailboxSize = 100;

/** Mails are rows first: promised in the transaction of what they tell about, written out when they are read. */
@Injectable()
export class MailService {
  constructor(
    private readonly mails: MailRepository,
    private readonly tokens: MailedTokensService,
    @Inject(configToken('service')) private readonly config: ServiceConfig,
  ) {}

  /** Promises a mail in the caller's transaction. */
  async promise(template: MailTemplate, recipient: string, mailedTokenId?: string): Promise<void> {
    await this.mails.insert({ template, recipient, mailedTokenId: mailedTokenId ?? null });
  }

  /** The newest 100 mails, all or to one address, written out. */
  async mailbox(recipient?: string): Promise<Mail[]> {
    const stored = await this.mails.findLatest(mailboxSize, recipient);
    return stored.map((mail) => this.written(mail));
  }

  private written({ id, template, recipient, createdAt, mailedToken }: StoredMail): Mail {
    const known = template as MailTemplate;
    return { id, to: recipient, createdAt, ...writeMail(known, this.link(known, mailedToken)) };
  }

  /** Never built from a Host header: that would let a caller choose where the token goes. */
  private link(template: MailTemplate, mailedToken: StoredMail['mailedToken']): string | undefined {
    const path = linkPaths[template];
    if (path === undefined || !mailedToken?.sealedToken) return undefined;
    const token = this.tokens.open(mailedToken.id, mailedToken.sealedToken);
    if (token === undefined) return undefined;
    const { frontEndUrl, publicUrl } = this.config;
    return `${frontEndUrl ?? `${publicUrl}/account`}${path}?token=${token}`;
  }
}
