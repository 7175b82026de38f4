import { Inject, Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import type { AuthConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import type { MailTemplate } from './mail-templates.ts';
import { invitationPath } from './mail-templates.ts';
import { MailService } from './mail.service.ts';
import { MailWriter } from './mail-writer.ts';
import type { MailedTokenPurpose, MailedTokenSubject } from './mailed-tokens.service.ts';
import { MailedTokensService } from './mailed-tokens.service.ts';

/** The mails whose link carries a token. */
export type LinkMail =
  'email-change' | 'email-changed' | 'invitation' | 'magic-link' | 'reset-password' | 'verify-email';

/** How a link is sent. */
export interface LinkOptions {
  /** Another letter than the link's own, which then shows no link: nobody gets to know the token. */
  readonly letter?: MailTemplate;
  /** What the token is bound to besides its user: see MailedTokensService. */
  readonly binding?: string;
}

/** Mails with a single-use link in them: the token and the mail are promised in one transaction. */
@Injectable()
export class MailedLinksService {
  constructor(
    private readonly tokens: MailedTokensService,
    private readonly mail: MailService,
    private readonly writer: MailWriter,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  /** Promises the mail and voids the older links of its purpose, in the caller's transaction. */
  @Transactional()
  async send(kind: LinkMail, to: MailedTokenSubject, { letter = kind, binding }: LinkOptions = {}): Promise<void> {
    const { purpose, ttlSeconds } = this.link(kind);
    const { id } = await this.tokens.issue(purpose, to, ttlSeconds, binding);
    await this.mail.promiseWith(id, letter, to.address);
  }

  /** The link of an invitation itself, for somebody who hands it over by other means; older ones are void. */
  async invitation(to: MailedTokenSubject): Promise<string> {
    const { token } = await this.tokens.issue('setup', to, this.config.invitationTtlSeconds);
    return this.writer.linkTo(invitationPath, token);
  }

  /**
   * Does what `send` does, statement by statement, for a user who does not exist: no mail comes of it, and whoever
   * measures how long it takes can't tell (ASVS 6.3.8).
   */
  async pretend(kind: LinkMail, address: string, options: LinkOptions = {}): Promise<void> {
    await this.send(kind, { userId: uuidv7(), address }, options);
  }

  /** The part of it that is about the token alone, for who mails something else. */
  async pretendToken(kind: LinkMail, address: string): Promise<void> {
    const { purpose, ttlSeconds } = this.link(kind);
    await this.tokens.issue(purpose, { userId: uuidv7(), address }, ttlSeconds);
  }

  private link(kind: LinkMail): { readonly purpose: MailedTokenPurpose; readonly ttlSeconds: number } {
    const { config } = this;
    switch (kind) {
      case 'email-changed':
        return { purpose: 'email-revert', ttlSeconds: config.emailRevertTtlSeconds };
      case 'email-change':
        return { purpose: kind, ttlSeconds: config.emailChangeTtlSeconds };
      case 'invitation':
        return { purpose: kind, ttlSeconds: config.invitationTtlSeconds };
      case 'magic-link':
        return { purpose: kind, ttlSeconds: config.magicLinkTtlSeconds };
      case 'reset-password':
        return { purpose: kind, ttlSeconds: config.resetTokenTtlSeconds };
      case 'verify-email':
        return { purpose: kind, ttlSeconds: config.verifyTokenTtlSeconds };
    }
  }
}
