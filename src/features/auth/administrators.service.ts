import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import { MailedLinksService } from '../mail/mailed-links.service.ts';
import { AccountsService } from '../users/accounts.service.ts';

/** A disabled account gets no more rights: nobody knows whose its password is. */
export class AccountDisabled extends Error {
  constructor(email: string) {
    super(`${email} has a disabled account: enable it or delete it first`);
  }
}

/** Administrators that are made by whoever operates the service: there is no default account (ASVS 6.3.2). */
@Injectable()
export class AdministratorsService {
  constructor(
    private readonly accounts: AccountsService,
    private readonly links: MailedLinksService,
  ) {}

  /**
   * Makes an account with this address that administers the service, and returns the single-use link that sets its
   * password. One that nobody has verified is taken over. Somebody who has an account becomes an administrator, keeps
   * their password and needs no link: undefined.
   * @throws AccountDisabled
   */
  @Transactional()
  async create(email: string): Promise<string | undefined> {
    const user = { id: uuidv7(), email, displayName: null, passwordHash: null, roles: ['user', 'admin'] };
    const reason = 'administrator by command';
    const made = await this.accounts.create(user, reason);
    const userId = made ? user.id : await this.accounts.disown(email, reason, { roles: user.roles });
    if (userId !== undefined) return await this.links.invitation({ userId, address: email });
    if (await this.accounts.makeAdministrator(email)) return undefined;
    throw new AccountDisabled(email);
  }
}
