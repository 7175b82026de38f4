import { Injectable } from '@nestjs/common';
import { AccessChanges } from '../../database/access-changes.ts';
import { AuditService } from '../audit/audit.service.ts';
import { MailedTokensService } from '../mail/mailed-tokens.service.ts';
import { SessionsService } from '../sessions/sessions.service.ts';
import { AdministratorsRepository } from './administrators.repository.ts';
import { normalizedEmail } from './email-address.ts';
import type { NewUser, UserChange } from './user.ts';
import type { Claimed, ProvenAddress } from './users.repository.ts';
import { UsersRepository } from './users.repository.ts';

/** How accounts come to be, and to be somebody's. */
@Injectable()
export class AccountsService {
  constructor(
    private readonly users: UsersRepository,
    private readonly administrators: AdministratorsRepository,
    private readonly changes: AccessChanges,
    private readonly sessions: SessionsService,
    private readonly mailedTokens: MailedTokensService,
    private readonly audit: AuditService,
  ) {}

  /** Stores a new account in the caller's transaction; false when the address is taken. */
  async create(user: NewUser, reason: string): Promise<boolean> {
    if (!(await this.users.insert({ ...user, emailNormalized: normalizedEmail(user.email) }))) return false;
    await this.audit.record('user_created', { subjectId: user.id, reason });
    return true;
  }

  /**
   * Takes an account that nobody has verified yet away from whoever made it, in the caller's transaction: of several who
   * claim an address, the one who receives its mail sets the password. The account's id, or undefined when the address
   * belongs to somebody.
   */
  async disown(email: string, reason: string, change: UserChange = {}): Promise<string | undefined> {
    const id = await this.users.disown(proven(email), change);
    if (id === undefined) return undefined;
    await this.endClaims(id);
    await this.audit.record(change.roles === undefined ? 'user_updated' : 'authz_admin', { subjectId: id, reason });
    return id;
  }

  /**
   * The same by a stranger who registers: of an account that has no password, which somebody else has made for its owner,
   * the stored spelling of the address stays, and that is where its mails go. Unless `mayMail` such an account is left as
   * it is, its links too; a password is taken away all the same, which happens once. Who has the address, or undefined.
   */
  async claim(email: string, reason: string, mayMail: boolean): Promise<Claimed | undefined> {
    const claimed = await this.users.claim(proven(email), mayMail);
    if (claimed?.disowned === undefined) return claimed;
    await this.endClaims(claimed.ownerId);
    await this.audit.record('user_updated', { subjectId: claimed.ownerId, reason });
    return claimed;
  }

  /** Notes that the user receives mail at this address; false when they have another one by now. */
  async confirmEmail(id: string, email: string): Promise<boolean> {
    if (!(await this.users.verifyEmail(id, proven(email)))) return false;
    await this.audit.record('user_email_verified', { actorId: id, subjectId: id });
    return true;
  }

  /**
   * Sets the password of whoever has shown that they receive mail at this address, which verifies it, and ends all their
   * sessions; false when they have another address by now.
   */
  async setPassword(id: string, email: string, passwordHash: string): Promise<boolean> {
    if (!(await this.users.setPassword(id, proven(email), passwordHash))) return false;
    await this.mailedTokens.voidAllOf(id);
    await this.sessions.endAllOf(id, 'password_changed');
    await this.audit.record('authn_password_change', { actorId: id, subjectId: id });
    return true;
  }

  /**
   * Makes an administrator of the enabled account whose owner has verified this address; false when there is none. In the
   * caller's transaction.
   */
  async makeAdministrator(email: string): Promise<boolean> {
    const id = await this.users.findVerified(normalizedEmail(email));
    if (id === undefined) return false;
    const roles = ['user', 'admin'];
    await this.users.update({ id, versions: 'any' }, { roles });
    this.changes.announce({ userId: id });
    await this.audit.record('authz_admin', { subjectId: id, reason: `roles set to ${roles.join(' ')} by command` });
    return true;
  }

  /** Whether anybody administers the service yet. */
  async hasAdministrator(): Promise<boolean> {
    return await this.administrators.hasAny();
  }

  /** What an operator holds in hand is not undone by a stranger who types the address. */
  private async endClaims(id: string): Promise<void> {
    await this.mailedTokens.voidAllOf(id, ['setup']);
  }
}

function proven(email: string): ProvenAddress {
  return { email, emailNormalized: normalizedEmail(email) };
}
