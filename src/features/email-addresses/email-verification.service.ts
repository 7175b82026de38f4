import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AttemptsService } from '../attempts/attempts.service.ts';
import { AuditService } from '../audit/audit.service.ts';
import { MailedLinksService } from '../mail/mailed-links.service.ts';
import { UserEmailsService } from '../users/user-emails.service.ts';

/** Further chances to verify an address. */
@Injectable()
export class EmailVerificationService {
  constructor(
    private readonly emails: UserEmailsService,
    private readonly links: MailedLinksService,
    private readonly attempts: AttemptsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Mails a new link to an account whose address nobody has verified; to one without a password the link that sets one,
   * which verifies the address as well. For every other address the same is done to no effect, so that the caller learns
   * nothing from the time it takes (ASVS 6.3.8). So it is when the account has had enough mails.
   * @throws TooManyAttempts when the caller's address has asked too often
   */
  async resend(email: string): Promise<void> {
    await this.promise(email, await this.attempts.mayMail('resend', email));
  }

  @Transactional()
  private async promise(email: string, mayMail: boolean): Promise<void> {
    const { account, refusal } = await this.emails.ask(mayMail, email);
    if (account === undefined || account.isVerified) {
      await this.links.pretend('verify-email', email);
      const details = refusal ?? { subjectId: account.id, reason: 'verified already' };
      await this.audit.refuse('user_email_verification_requested', details);
      return;
    }
    const subject = { userId: account.id, address: account.email };
    await this.links.send(account.hasPassword ? 'verify-email' : 'invitation', subject);
    await this.audit.record('user_email_verification_requested', { subjectId: account.id });
  }
}
