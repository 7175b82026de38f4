import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import { MailedLinksService } from '../mail/mailed-links.service.ts';
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
    private readonly links: MailedLinksService,
  ) {}

  /**
   * Makes an account without a password, or takes over one that nobody has verified, and promises the mail that invites to
   * set one; or does neither. Roles that such an account has already stay unless others are given.
   * @throws EmailTaken
   */
  @Transactional()
  async invite({ email, displayName = null, roles }: Invitation): Promise<User> {
    const user = { id: uuidv7(), email, displayName, roles: roles ?? ['user'], passwordHash: null };
    const reason = roles === undefined ? 'invited' : `invited as ${roles.join(' ')}`;
    const made = await this.accounts.create(user, reason);
    // Nobody has shown yet that an unverified account is theirs: it is no reason not to invite, nor to invite again.
    const userId = made ? user.id : await this.accounts.disown(email, reason, { displayName, ...(roles && { roles }) });
    if (userId === undefined) throw new EmailTaken();
    await this.links.send('invitation', { userId, address: email });
    return await this.users.get(userId);
  }
}
