import { Injectable } from '@nestjs/common';
import { AccessInvalidationBus } from '../../platform/cache-invalidation/access-invalidation-bus.ts';
import { normalizedEmail } from '../../platform/validation/normalized-email.ts';
import { AuditService } from '../audit/index.ts';
import { OneTimeTokensService } from '../auth/one-time-tokens/index.ts';
import { SessionsService } from '../auth/sessions/index.ts';
import { AdministratorsRepository } from './administrators.repository.ts';
import type { NewUser, UserChange } from './user.ts';
import type { ClaimedEmail, VerifiedEmail } from './users.repository.ts';
import { UsersRepository } from './users.repository.ts';

/** Creates accounts and assigns them to the owner of their email address. */
@Injectable()
export class AccountsService {
  constructor(
    private readonly users: UsersRepository,
    private readonly administrators: AdministratorsRepository,
    private readonly changes: AccessInvalidationBus,
    private readonly sessions: SessionsService,
    private readonly oneTimeTokens: OneTimeTokensService,
    private readonly audit: AuditService,
  ) {}

  /** Stores a new account in the caller's transaction; false when the email address is taken. */
  async create(user: NewUser, reason: string): Promise<boolean> {
    if (!(await this.users.insert({ ...user, emailNormalized: normalizedEmail(user.email) }))) return false;
    await this.audit.record('user_created', { subjectId: user.id, reason });
    return true;
  }

  /**
   * Removes the password of an unverified account, in the caller's transaction, so that only the recipient of its mail
   * can set a new one. Returns the account's id, or undefined when no enabled, unverified account has the email
   * address.
   */
  async reclaimUnverifiedEmail(email: string, reason: string, change: UserChange): Promise<string | undefined> {
    const id = await this.users.reclaimUnverifiedEmail(toVerifiedEmail(email), change);
    if (id === undefined) return undefined;
    await this.revokePendingClaims(id);
    await this.audit.record(change.roles === undefined ? 'user_updated' : 'authz_admin', { subjectId: id, reason });
    return id;
  }

  /**
   * Gives the unverified account with this email address to its owner, whom a login provider has identified: it loses
   * its password, the display name that was registered with it, sessions and one-time tokens, and its email address is
   * verified. Returns its id, or undefined when no enabled, unverified account has the email address. Joins the
   * caller's transaction.
   */
  async adoptUnverified(email: string, reason: string): Promise<string | undefined> {
    const id = (await this.claimEmail(email, reason, true))?.reclaimed?.id;
    if (id === undefined) return undefined;
    await this.sessions.revokeAll(id, 'account_adopted');
    return (await this.confirmEmail(id, email)) ? id : undefined;
  }

  /**
   * The same as `reclaimUnverifiedEmail` for an unauthenticated client that registers. An account without a password
   * (invited, or claimed before) keeps its stored spelling of the email address, to which its mails are sent; without
   * `mayMail` it is left unchanged, its links included. A password is removed in either case. Returns the owner of the
   * email address, or undefined.
   */
  async claimEmail(email: string, reason: string, mayMail: boolean): Promise<ClaimedEmail | undefined> {
    const claimed = await this.users.claimEmail(toVerifiedEmail(email), mayMail);
    if (claimed?.reclaimed === undefined) return claimed;
    await this.revokePendingClaims(claimed.ownerId);
    await this.audit.record('user_updated', { subjectId: claimed.ownerId, reason });
    return claimed;
  }

  /** Marks the email address as verified; false when the user has changed it meanwhile. */
  async confirmEmail(id: string, email: string): Promise<boolean> {
    if (!(await this.users.verifyEmail(id, toVerifiedEmail(email)))) return false;
    await this.audit.record('user_email_verified', { actorId: id, subjectId: id });
    return true;
  }

  /**
   * Sets the password of a user who received mail at this email address, verifies the address and revokes all sessions
   * of the user; false when the user has changed the email address meanwhile.
   */
  async setPassword(id: string, email: string, passwordHash: string): Promise<boolean> {
    if (!(await this.users.setPassword(id, toVerifiedEmail(email), passwordHash))) return false;
    await this.oneTimeTokens.revokeAll(id);
    await this.sessions.revokeAll(id, 'password_changed');
    await this.audit.record('authn_password_change', { actorId: id, subjectId: id });
    return true;
  }

  /**
   * Assigns the administrator role to the enabled account with this verified email address, in the caller's
   * transaction; false when there is none.
   */
  async makeAdministrator(email: string): Promise<boolean> {
    const id = await this.users.findVerified(normalizedEmail(email));
    if (id === undefined) return false;
    const roles = ['user', 'admin'];
    await this.users.update({ id, versions: 'any' }, { roles });
    this.changes.publish({ userId: id });
    await this.audit.record('authz_admin', { subjectId: id, reason: `roles set to ${roles.join(' ')} by command` });
    return true;
  }

  /** Whether an administrator exists who can log in. */
  async hasAdministrator(): Promise<boolean> {
    return await this.administrators.hasAny();
  }

  /** Setup links stay valid: an unauthenticated client must not invalidate a link that was issued to an operator. */
  private async revokePendingClaims(id: string): Promise<void> {
    await this.oneTimeTokens.revokeAll(id, ['setup']);
  }
}

function toVerifiedEmail(email: string): VerifiedEmail {
  return { email, emailNormalized: normalizedEmail(email) };
}
