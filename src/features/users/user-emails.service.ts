import { Injectable } from '@nestjs/common';
import { databaseFailure } from '../../database/database-errors.ts';
import type { AuditDetails } from '../audit/audit.service.ts';
import { AuditService } from '../audit/audit.service.ts';
import { MailedTokensService } from '../mail/mailed-tokens.service.ts';
import { SessionsService } from '../sessions/sessions.service.ts';
import { normalizedEmail } from './email-address.ts';
import type { AddressOf, MailableAccount } from './user-emails.repository.ts';
import { UserEmailsRepository } from './user-emails.repository.ts';

export type { MailableAccount };

/** Whom a mail that anybody may ask for goes to, or why to nobody. */
export type Asked =
  | { readonly account: MailableAccount; readonly refusal?: never }
  | { readonly account?: never; readonly refusal: AuditDetails };

/** Whose an address is, and how it becomes somebody else's. */
@Injectable()
export class UserEmailsService {
  constructor(
    private readonly emails: UserEmailsRepository,
    private readonly sessions: SessionsService,
    private readonly mailedTokens: MailedTokensService,
    private readonly audit: AuditService,
  ) {}

  /** The live, enabled account with this address. */
  async find(email: string): Promise<MailableAccount | undefined> {
    return (await this.ask(true, email)).account;
  }

  /**
   * The same when it may be mailed now; else nobody, found out at the same cost, and what is to be written down about that:
   * the owner of the address, if there is one, disabled or not, so that it goes when they are purged.
   */
  async ask(mayMail: boolean, email: string): Promise<Asked> {
    const owner = await this.emails.find(normalizedEmail(email));
    if (mayMail && owner?.isDisabled === false) return { account: owner };
    const about = owner === undefined ? {} : { subjectId: owner.id };
    if (mayMail && owner !== undefined) return { refusal: { ...about, reason: 'disabled' } };
    const reason = `${mayMail ? 'unknown account' : 'too many mails to'} ${this.audit.pseudonym(email)}`;
    return { refusal: { ...about, reason } };
  }

  /** Whether this user is live and enabled; they stay so until the caller's transaction ends. */
  async isLive(userId: string): Promise<boolean> {
    return (await this.emails.lock(userId)) !== undefined;
  }

  /** The address that an enabled user has now, which stays theirs until the caller's transaction ends. */
  async addressOf(userId: string): Promise<string | undefined> {
    return await this.emails.lock(userId);
  }

  /** Whether no live user but this one has shown that they receive mail at the address. */
  async isFree(email: string, userId: string): Promise<boolean> {
    return !(await this.emails.isTaken(normalizedEmail(email), userId));
  }

  /**
   * Gives a user who has shown that they receive mail at this address the address, and ends their mailed tokens, in the
   * caller's transaction. An account that nobody has verified there is no obstacle. Returns the former address, or
   * undefined when the user is gone or another one has the address;
   * `isAddressTaken` tells when that one has come in between.
   */
  async change(userId: string, email: string): Promise<string | undefined> {
    const address = addressOf(userId, email);
    const former = await this.emails.lock(userId);
    if (former === undefined) return undefined;
    await this.displace(address);
    if (!(await this.emails.change(address))) return undefined;
    await this.mailedTokens.voidAllOf(userId);
    await this.audit.record('user_email_changed', { actorId: userId, subjectId: userId });
    return former;
  }

  /**
   * Gives a user who may have been robbed of their account the address back, in the caller's transaction: all sessions
   * end, and the account has no password until its owner sets one. An account that somebody has made at the address
   * meanwhile and nobody has verified is no obstacle: it could be the robber's. False when a user has the address who
   * did verify it, or this one is gone or disabled.
   */
  async reclaim(userId: string, email: string): Promise<boolean> {
    const address = addressOf(userId, email);
    await this.displace(address);
    if (!(await this.emails.reclaim(address))) return false;
    await this.mailedTokens.voidAllOf(userId);
    await this.sessions.endAllOf(userId, 'email_reverted');
    await this.audit.record('user_email_reverted', { actorId: userId, subjectId: userId });
    return true;
  }

  private async displace(address: AddressOf): Promise<void> {
    const displaced = await this.emails.displace(address);
    if (displaced === undefined) return;
    await this.audit.record('user_deleted', { subjectId: displaced, reason: 'unverified; its address was proven' });
  }

  /** Whether a transaction failed because somebody took an address between question and answer. */
  isAddressTaken(error: unknown): boolean {
    return databaseFailure(error)?.kind === 'unique';
  }
}

function addressOf(id: string, email: string): AddressOf {
  return { id, email, emailNormalized: normalizedEmail(email) };
}
