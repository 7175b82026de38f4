import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { LoginThrottle } from '../login-throttling/index.ts';
import { AuditService } from '../../audit/index.ts';
import { EmailLinksService } from '../../mail/index.ts';
import { UserEmailsService } from '../../users/index.ts';

/** Resends verification emails. */
@Injectable()
export class EmailVerificationService {
  constructor(
    private readonly emails: UserEmailsService,
    private readonly links: EmailLinksService,
    private readonly throttle: LoginThrottle,
    private readonly audit: AuditService,
  ) {}

  /**
   * Sends a new link to an account whose email address is not verified. An account without a password gets the link
   * that sets one, which verifies the email address as well. Otherwise, and when the email limit of the recipient is
   * exceeded, the sending is simulated, so that the response time reveals nothing (ASVS 6.3.8).
   * @throws TooManyAttempts when the limit of the client's IP address is exceeded
   */
  async resend(email: string): Promise<void> {
    await this.enqueueVerificationEmail(email, await this.throttle.allowEmailTo('resend', email));
  }

  @Transactional()
  private async enqueueVerificationEmail(email: string, emailAllowed: boolean): Promise<void> {
    const { account, refusal } = await this.emails.checkRecipient(emailAllowed, email);
    if (account === undefined || account.isVerified) {
      await this.links.simulateSend('verify-email', email);
      const details = refusal ?? { subjectId: account.id, reason: 'verified already' };
      await this.audit.recordFailure('user_email_verification_requested', details);
      return;
    }
    const subject = { userId: account.id, email: account.email };
    await this.links.send(account.hasPassword ? 'verify-email' : 'invitation', subject);
    await this.audit.record('user_email_verification_requested', { subjectId: account.id });
  }
}
