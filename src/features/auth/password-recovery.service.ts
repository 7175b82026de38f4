import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AttemptsService } from '../attempts/attempts.service.ts';
import { AuditService } from '../audit/audit.service.ts';
import { MailedLinksService } from '../mail/mailed-links.service.ts';
import { UserEmailsService } from '../users/user-emails.service.ts';

/** The way back to an account whose password is forgotten. */
@Injectable()
export class PasswordRecoveryService {
  constructor(
    private readonly emails: UserEmailsService,
    private readonly links: MailedLinksService,
    private readonly attempts: AttemptsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Mails the link that sets a new password to the account with this address: also to one that nobody has verified, or
   * that never had a password, for whoever opens the link receives its mail. For an address without one, or whose
   * account is disabled, the same is done to no effect, so that the caller learns nothing from the time it takes
   * (ASVS 6.3.8). So it is when the account has had enough mails.
   * @throws TooManyAttempts when the caller's address has asked too often
   */
  async forgot(email: string): Promise<void> {
    await this.promise(email, await this.attempts.mayMail('forgot', email));
  }

  @Transactional()
  private async promise(email: string, mayMail: boolean): Promise<void> {
    const { account, refusal } = await this.emails.ask(mayMail, email);
    if (account === undefined) {
      await this.links.pretend('reset-password', email);
      await this.audit.refuse('authn_password_reset_requested', refusal);
      return;
    }
    await this.links.send('reset-password', { userId: account.id, address: account.email });
    await this.audit.record('authn_password_reset_requested', { subjectId: account.id });
  }
}
