import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import { AuditService } from '../../audit/index.ts';
import { EmailLinksService } from '../../mail/index.ts';
import { AccountsService, UserEmailsService } from '../../users/index.ts';

/** A disabled account is not promoted: its password may be known to an attacker. */
export class AccountDisabled extends Error {
  constructor(email: string) {
    super(`${email} has a disabled account: enable it or delete it first`);
  }
}

/** Creates administrators for the operator: there is no default account (ASVS 6.3.2). */
@Injectable()
export class AdministratorsService {
  constructor(
    private readonly accounts: AccountsService,
    private readonly emails: UserEmailsService,
    private readonly links: EmailLinksService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Creates an administrator account, and returns the one-time link that sets its password. An unverified account with
   * this email address is reclaimed. A verified one is promoted, keeps its password and needs no link: undefined.
   * @throws AccountDisabled
   */
  @Transactional()
  async create(email: string): Promise<string | undefined> {
    const user = { id: uuidv7(), email, displayName: null, passwordHash: null, roles: ['user', 'admin'] };
    const reason = 'administrator by command';
    const created = await this.accounts.create(user, reason);
    const userId = created ? user.id : await this.accounts.reclaimUnverifiedEmail(email, reason, { roles: user.roles });
    if (userId !== undefined) return await this.links.invitation({ userId, email });
    if (await this.accounts.makeAdministrator(email)) return undefined;
    throw new AccountDisabled(email);
  }

  /**
   * Returns a single-use link that sets a new password for an enabled account, and revokes earlier ones; undefined when
   * there is no such account. The current password remains valid until the link is used.
   */
  @Transactional()
  async passwordLink(email: string): Promise<string | undefined> {
    const account = await this.emails.find(email);
    if (account === undefined) return undefined;
    await this.audit.record('authn_password_reset_requested', { subjectId: account.id, reason: 'link by command' });
    return await this.links.invitation({ userId: account.id, email: account.email });
  }
}
