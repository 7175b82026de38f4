import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AttemptsService } from '../attempts/attempts.service.ts';
import { AuditService } from '../audit/audit.service.ts';
import { InvalidToken } from '../auth/auth.errors.ts';
import { TokenChecksService } from '../auth/token-checks.service.ts';
import { MailService } from '../mail/mail.service.ts';
import { MailedLinksService } from '../mail/mailed-links.service.ts';
import { MailedTokensService } from '../mail/mailed-tokens.service.ts';
import { SessionEndsService } from '../sessions/session-ends.service.ts';
import { UserEmailsService } from '../users/user-emails.service.ts';

/** Who asks, and in which session. */
export interface Asker {
  readonly userId: string;
  readonly sessionId: string;
}

/** How an account moves to another address, and back when its owner did not want that. */
@Injectable()
export class EmailChangesService {
  constructor(
    private readonly emails: UserEmailsService,
    private readonly sessions: SessionEndsService,
    private readonly tokens: MailedTokensService,
    private readonly links: MailedLinksService,
    private readonly mail: MailService,
    private readonly attempts: AttemptsService,
    private readonly tokenChecks: TokenChecksService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Mails the link that confirms the new address to that address. When somebody has it already, the same is done with
   * another letter, which says so and shows no link: the caller learns nothing, nor when the address has had enough mails.
   * False, with nothing done, when the session that asks has ended meanwhile: the end of all sessions must not be followed
   * by what one of them has begun.
   * @throws TooManyAttempts when the caller's address has asked too often
   */
  async request(caller: Asker, newEmail: string): Promise<boolean> {
    return await this.promise(caller, newEmail, await this.attempts.mayMail('email-change', newEmail));
  }

  @Transactional()
  private async promise({ userId, sessionId }: Asker, newEmail: string, mayMail: boolean): Promise<boolean> {
    // First the user, then the session: the order of whoever ends them.
    if (!(await this.emails.isLive(userId)) || !(await this.sessions.staysOpen(userId, sessionId))) return false;
    const letter = (await this.emails.isFree(newEmail, userId)) ? 'email-change' : 'account-exists';
    if (mayMail) await this.links.send('email-change', { userId, address: newEmail }, { letter });
    else await this.links.pretend('email-change', newEmail, { letter });
    await this.audit.record('user_email_change_requested', { subjectId: userId });
    return true;
  }

  /**
   * Spends a mailed token on moving its account to the address that the mail went to. The former address is told, with a
   * link that undoes it.
   * The token is looked at outside of any transaction; what is returned does the rest.
   * @throws InvalidToken, also when somebody has the address by now; the token is as good as before then. TooManyAttempts,
   *   AttemptsCrowded
   */
  async prepareConfirmation(token: string): Promise<() => Promise<void>> {
    await this.tokenChecks.demandUsable('email-change', token);
    return async () => {
      await this.unlessTaken(this.move(token));
    };
  }

  /**
   * Spends the token of the notice to a former address on moving the account back there. Whoever moved it away may know
   * its password, so it has none afterwards: a mail leads to where a new one is set. Notices of changes that came later
   * are void, those of earlier ones are not: the owner's way back is longer than any that a robber makes.
   * The token is looked at outside of any transaction; what is returned does the rest.
   * @throws InvalidToken, also when the account is disabled or somebody else has verified the address by now; TooManyAttempts, AttemptsCrowded
   */
  async prepareReversion(token: string): Promise<() => Promise<void>> {
    await this.tokenChecks.demandUsable('email-revert', token);
    return async () => {
      await this.unlessTaken(this.moveBack(token));
    };
  }

  @Transactional()
  private async move(token: string): Promise<void> {
    const subject = await this.tokens.consume('email-change', token);
    if (subject === undefined) throw new InvalidToken();
    const former = await this.emails.change(subject.userId, subject.address);
    if (former === undefined) throw new InvalidToken();
    await this.links.send('email-changed', { userId: subject.userId, address: former });
  }

  @Transactional()
  private async moveBack(token: string): Promise<void> {
    const subject = await this.tokens.consume('email-revert', token);
    if (subject === undefined) throw new InvalidToken();
    const robbed = await this.emails.addressOf(subject.userId);
    if (!(await this.emails.reclaim(subject.userId, subject.address))) throw new InvalidToken();
    await this.tokens.voidLater(token);
    if (robbed !== undefined) await this.mail.promise('email-reverted', robbed);
    await this.links.send('reset-password', subject);
  }

  private async unlessTaken(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      throw this.emails.isAddressTaken(error) ? new InvalidToken() : error;
    }
  }
}
