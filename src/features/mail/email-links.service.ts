import { Inject, Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import type { AuthConfig } from '../../platform/config/config.ts';
import { configToken } from '../../platform/config/config.module.ts';
import type { MailTemplate } from './mail-templates.ts';
import { invitationPath } from './mail-templates.ts';
import { MailService } from './mail.service.ts';
import { MailRenderer } from './mail-renderer.ts';
import type { OneTimeTokenPurpose, OneTimeTokenSubject } from '../auth/one-time-tokens/index.ts';
import { OneTimeTokensService } from '../auth/one-time-tokens/index.ts';

/** The emails whose link contains a token. */
export type LinkEmail =
  'email-change' | 'email-changed' | 'invitation' | 'magic-link' | 'reset-password' | 'verify-email';

/** Options of an email link. */
export interface LinkOptions {
  /** A template other than the kind's own; one without a link, so that nothing reveals the token. */
  readonly template?: MailTemplate;
  /** What the token is bound to besides its user: see OneTimeTokensService. */
  readonly binding?: string;
}

/** Emails with a single-use link: the token and the email are stored in one transaction. */
@Injectable()
export class EmailLinksService {
  constructor(
    private readonly tokens: OneTimeTokensService,
    private readonly mail: MailService,
    private readonly renderer: MailRenderer,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  /**
   * Enqueues the email and revokes older tokens of its purpose (see OneTimeTokensService), in the caller's transaction.
   */
  @Transactional()
  async send(kind: LinkEmail, to: OneTimeTokenSubject, { template = kind, binding }: LinkOptions = {}): Promise<void> {
    const { purpose, ttlSeconds } = this.link(kind);
    const { id } = await this.tokens.issue(purpose, to, ttlSeconds, binding);
    await this.mail.enqueueWithToken(id, template, to.email);
  }

  /** Returns the link of an invitation, to be delivered by other means; revokes older ones. */
  async invitation(to: OneTimeTokenSubject): Promise<string> {
    const { token } = await this.tokens.issue('setup', to, this.config.invitationTtlSeconds);
    return this.renderer.linkTo(invitationPath, token);
  }

  /**
   * Executes the statements of `send` for a user that does not exist, without an email, so that the duration does not
   * reveal whether the account exists (ASVS 6.3.8).
   */
  async simulateSend(kind: LinkEmail, email: string, options: LinkOptions = {}): Promise<void> {
    await this.send(kind, { userId: uuidv7(), email }, options);
  }

  private link(kind: LinkEmail): { readonly purpose: OneTimeTokenPurpose; readonly ttlSeconds: number } {
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
