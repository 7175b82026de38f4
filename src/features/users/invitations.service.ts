import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import { EmailLinksService } from '../mail/index.ts';
import { AccountsService } from './accounts.service.ts';
import type { User } from './user.ts';
import { EmailTaken } from './users.errors.ts';
import { UsersService } from './users.service.ts';

/** The account to create for the invited user. */
export interface Invitation {
  readonly email: string;
  readonly displayName?: string | null;
  readonly roles?: readonly string[];
}

/** Accounts that administrators create; the invited user sets the password. */
@Injectable()
export class InvitationsService {
  constructor(
    private readonly accounts: AccountsService,
    private readonly users: UsersService,
    private readonly links: EmailLinksService,
  ) {}

  /**
   * Creates an account without a password, or reclaims an unverified one, and enqueues the invitation email, in one
   * transaction. A reclaimed account keeps its roles unless `roles` is set.
   * @throws EmailTaken
   */
  @Transactional()
  async invite({ email, displayName = null, roles }: Invitation): Promise<User> {
    const user = { id: uuidv7(), email, displayName, roles: roles ?? ['user'], passwordHash: null };
    const reason = roles === undefined ? 'invited' : `invited as ${roles.join(' ')}`;
    const isNew = await this.accounts.create(user, reason);
    // An unverified account has no proven owner, so it can be invited, also repeatedly.
    const userId = isNew
      ? user.id
      : await this.accounts.reclaimUnverifiedEmail(email, reason, { displayName, ...(roles && { roles }) });
    if (userId === undefined) throw new EmailTaken();
    await this.links.send('invitation', { userId, email });
    return await this.users.get(userId);
  }
}
