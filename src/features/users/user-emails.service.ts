import { Inject, Injectable } from '@nestjs/common';
import { AccessInvalidationBus } from '../../platform/cache-invalidation/access-invalidation-bus.ts';
import type { AuthConfig } from '../../platform/config/config.ts';
import { configToken } from '../../platform/config/config.module.ts';
import { classifyDatabaseError } from '../../platform/database/database-errors.ts';
import { normalizedEmail } from '../../platform/validation/normalized-email.ts';
import type { AuditDetails } from '../audit/index.ts';
import { AuditService } from '../audit/index.ts';
import { OneTimeTokensService } from '../auth/one-time-tokens/index.ts';
import { SessionsService } from '../auth/sessions/index.ts';
import type { AccountEmail, MailableAccount } from './user-emails.repository.ts';
import { UserEmailsRepository } from './user-emails.repository.ts';

/** The account that an email may be sent to, or the audit details of the refusal. */
export type RecipientCheck =
  | { readonly account: MailableAccount; readonly refusal?: never }
  | { readonly account?: never; readonly refusal: AuditDetails };

/** Reads and changes the email addresses of accounts. */
@Injectable()
export class UserEmailsService {
  constructor(
    private readonly emails: UserEmailsRepository,
    private readonly sessions: SessionsService,
    private readonly oneTimeTokens: OneTimeTokensService,
    private readonly invalidations: AccessInvalidationBus,
    private readonly audit: AuditService,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  /** Returns the enabled account with this email address. */
  async find(email: string): Promise<MailableAccount | undefined> {
    return (await this.checkRecipient(true, email)).account;
  }

  /**
   * The same when an email may be sent; otherwise the audit details of the refusal, determined by the same queries so
   * that the duration does not reveal the result. The details name an existing owner, disabled or not, so that purging
   * the owner also removes them.
   */
  async checkRecipient(mayMail: boolean, email: string): Promise<RecipientCheck> {
    const owner = await this.emails.find(normalizedEmail(email));
    if (mayMail && owner?.isDisabled === false) return { account: owner };
    const subject = owner === undefined ? {} : { subjectId: owner.id };
    if (mayMail && owner !== undefined) return { refusal: { ...subject, reason: 'disabled' } };
    const reason = `${mayMail ? 'unknown account' : 'too many mails to'} ${this.audit.pseudonymize(email)}`;
    return { refusal: { ...subject, reason } };
  }

  /** Returns the email address of an enabled user; it cannot change until the caller's transaction ends. */
  async emailOf(userId: string): Promise<string | undefined> {
    return await this.emails.lock(userId);
  }

  /** Whether no other user that is not deleted has verified this email address. */
  async isFree(email: string, userId: string): Promise<boolean> {
    return !(await this.emails.isTaken(normalizedEmail(email), userId));
  }

  /**
   * Sets an email address that the user has verified and revokes the one-time tokens of the user, in the caller's
   * transaction. An unverified account with that email address is deleted. Returns the previous email address, or
   * undefined when the user is deleted or disabled, or another user has the new one. A concurrent change fails with an
   * error that `isTaken` recognizes.
   */
  async change(userId: string, email: string): Promise<string | undefined> {
    const target = toAccountEmail(userId, email);
    const previous = await this.emails.lock(userId);
    if (previous === undefined) return undefined;
    await this.releaseUnverifiedEmail(target);
    if (!(await this.emails.change(target))) return undefined;
    await this.oneTimeTokens.revokeAll(userId);
    await this.audit.record('user_email_changed', { actorId: userId, subjectId: userId });
    return previous;
  }

  /**
   * Restores the previous email address of an account that may have been taken over, in the caller's transaction: all
   * sessions and API keys are revoked, and the password, the identities and recent second factors are removed. An
   * unverified account that was created with that email address meanwhile is deleted, since the attacker may own it. A
   * deleted account is restored: the attacker may have deleted it. Returns the email address before; undefined when
   * another user has verified the restored one, or this user is disabled or can no longer be restored.
   */
  async revertTo(userId: string, email: string): Promise<string | undefined> {
    const target = toAccountEmail(userId, email);
    const account = await this.emails.lockRestorable(userId);
    if (account === undefined) return undefined;
    await this.releaseUnverifiedEmail(target);
    // The change is at most one lifetime old; factors that were added in the lifetime before it are not trusted either.
    const factorSeconds = 2 * this.config.emailRevertTtlSeconds;
    if (!(await this.emails.revertTo(target, factorSeconds))) return undefined;
    this.invalidations.publish({ userId });
    await this.oneTimeTokens.revokeAll(userId);
    await this.sessions.revokeAll(userId, 'email_reverted');
    const subject = { actorId: userId, subjectId: userId };
    if (account.isDeleted) await this.audit.record('user_restored', { ...subject, reason: 'email change reverted' });
    await this.audit.record('user_email_reverted', subject);
    return account.email;
  }

  private async releaseUnverifiedEmail(target: AccountEmail): Promise<void> {
    const releasedId = await this.emails.releaseUnverifiedEmail(target);
    if (releasedId === undefined) return;
    await this.audit.record('user_deleted', {
      subjectId: releasedId,
      reason: 'unverified; its email address was verified by another user',
    });
  }

  /** Whether a transaction failed because a concurrent one took the email address. */
  isTaken(error: unknown): boolean {
    return classifyDatabaseError(error)?.kind === 'unique';
  }
}

function toAccountEmail(id: string, email: string): AccountEmail {
  return { id, email, emailNormalized: normalizedEmail(email) };
}
