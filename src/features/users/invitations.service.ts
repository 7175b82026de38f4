import { Inject, Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import type { AuthConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { MailService } from '../mail/mail.service.ts';
import { MailedTokensService } from '../mail/mailed-tokens.service.ts';
import { AccountsService } from './accounts.service.ts';
import type { User } from './user.ts';
import { EmailTaken } from './users.errors.ts';
import { UsersService } from './users.service.ts';

/** Somebody who shall have an account. */
export interface Invitation {
  readonly email: string;
  readonly displayName?: string | null;
  readonly roles?: readonly string[];
}

/** Accounts that administrators make for others, who set the password. */
@Injectable()
export class InvitationsService {
  constructor(
    private readonly accounts: AccountsService,
    private readonly users: UsersService,
    private readonly mailedTokens: MailedTokensService,
    private readonly mail: MailService,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  /**
   * Makes an account without a password, or takes over one that nobody has verified, and promises the mail that invites to
   * set one; or does neither.
   * @throws EmailTaken
   */
  @Transactional()
  async invite({ email, displayName = null, roles = ['user'] }: Invitation): Promise<User> {
    const user = { id: uuidv7(), email, displayName, roles, passwordHash: null };
    const reason = `invited as ${roles.join(' ')}`;
    const made = await this.accounts.create(user, reason);
    // Nobody has shown yet that an unverified account is theirs: it is no reason not to invite, nor to invite again.
    const userId = made ? user.id : await this.accounts.disown(email, reason, { displayName, roles });
    if (userId === undefined) throw new EmailTaken();
    const subject = { userId, address: email };
    const tokenId = await this.mailedTokens.issue('invitation', subject, this.config.invitationTtlSeconds);
    await this.mail.promise('invitation', email, tokenId);
    return await this.users.get(userId);
  }
}
