import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { LoginThrottle } from '../login-throttling/index.ts';
import { AuditService } from '../../audit/index.ts';
import { InvalidToken, OneTimeTokenVerifier } from '../login/index.ts';
import { EmailLinksService, MailService } from '../../mail/index.ts';
import { OneTimeTokensService } from '../one-time-tokens/index.ts';
import { SessionEnded, SessionRevocationService } from '../sessions/index.ts';
import { UserEmailsService } from '../../users/index.ts';

/** The user and the session of the request. */
export interface EmailChangeRequester {
  readonly userId: string;
  readonly sessionId: string;
}

/** Changes the email address of an account, and reverts a change that the account owner did not make. */
@Injectable()
export class EmailChangesService {
  constructor(
    private readonly emails: UserEmailsService,
    private readonly sessions: SessionRevocationService,
    private readonly oneTimeTokens: OneTimeTokensService,
    private readonly links: EmailLinksService,
    private readonly mail: MailService,
    private readonly throttle: LoginThrottle,
    private readonly tokenVerifier: OneTimeTokenVerifier,
    private readonly audit: AuditService,
  ) {}

  /**
   * Sends the link that confirms the new email address to that address. If another account has it, an email without a
   * link is sent instead. The response does not reveal this, nor that the email limit of the recipient is exceeded. The
   * current email address in the same spelling changes nothing and revokes no link.
   * @throws TooManyAttempts when the limit of the client's IP address is exceeded; SessionEnded, with nothing done,
   *   when the caller's session has ended during the request: after all sessions were revoked, none may start a change
   */
  async request(caller: EmailChangeRequester, newEmail: string): Promise<void> {
    await this.enqueueEmails(caller, newEmail, await this.throttle.allowEmailTo('email-change', newEmail));
  }

  @Transactional()
  private async enqueueEmails(
    { userId, sessionId }: EmailChangeRequester,
    newEmail: string,
    emailAllowed: boolean,
  ): Promise<void> {
    const current = await this.emails.emailOf(userId);
    if (current === undefined) throw new SessionEnded();
    if (newEmail !== current) {
      const template = (await this.emails.isFree(newEmail, userId)) ? 'email-change' : 'account-exists';
      if (emailAllowed) await this.links.send('email-change', { userId, email: newEmail }, { template });
      else await this.links.simulateSend('email-change', newEmail, { template });
      await this.audit.record('user_email_change_requested', { subjectId: userId });
    }
    // Last, because every transaction locks the user, then one-time tokens, then sessions.
    await this.sessions.assertActive(userId, sessionId);
  }

  /**
   * Verifies the token of a requested change, outside of any transaction. Returns the function that consumes it: the
   * account gets the email address that the token was sent to, and the former address is sent a link that reverts that.
   * @throws InvalidToken, also when another account has the email address; the token stays valid then. TooManyAttempts
   */
  async prepareConfirmation(token: string): Promise<() => Promise<void>> {
    await this.tokenVerifier.verify('email-change', token);
    return async () => {
      await this.mapEmailTaken(this.change(token));
    };
  }

  /**
   * Verifies the token that was sent to a former email address, outside of any transaction. Returns the function that
   * consumes it and gives the account that address back. An attacker who made the change may know the password, so it
   * is removed, and an email leads to a page where a new one is set. The tokens of later changes are revoked, those of
   * earlier changes are not: no number of changes by an attacker prevents the account owner from reverting them, nor
   * does the deletion of the account, which is restored.
   * @throws InvalidToken, also when the account is disabled or another account has verified the email address;
   *   TooManyAttempts
   */
  async prepareRevert(token: string): Promise<() => Promise<void>> {
    await this.tokenVerifier.verify('email-revert', token);
    return async () => {
      await this.mapEmailTaken(this.revert(token));
    };
  }

  @Transactional()
  private async change(token: string): Promise<void> {
    const subject = await this.oneTimeTokens.consume('email-change', token);
    if (subject === undefined) throw new InvalidToken();
    const former = await this.emails.change(subject.userId, subject.email);
    if (former === undefined) throw new InvalidToken();
    await this.links.send('email-changed', { userId: subject.userId, email: former });
  }

  @Transactional()
  private async revert(token: string): Promise<void> {
    const subject = await this.oneTimeTokens.consume('email-revert', token);
    if (subject === undefined) throw new InvalidToken();
    const recoveredFrom = await this.emails.revertTo(subject.userId, subject.email);
    if (recoveredFrom === undefined) throw new InvalidToken();
    await this.oneTimeTokens.revokeLater(token);
    await this.mail.enqueue('email-reverted', recoveredFrom);
    await this.links.send('reset-password', subject);
  }

  private async mapEmailTaken(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      throw this.emails.isTaken(error) ? new InvalidToken() : error;
    }
  }
}
