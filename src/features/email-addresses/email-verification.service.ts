import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AuditService } from '../audit/audit.service.ts';
import { MailedLinksService } from '../mail/mailed-links.service.ts';
import { UserEmailsService } from '../users/user-emails.service.ts';

/** Further chances to verify an address. */
@Injectable()
export class EmailVerificationService {
  constructor(
    private readonly emails: UserEmailsService,
    private readonly links: MailedLinksService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Mails a new link to an account whose address nobody has verified; to one without a password the link that sets one,
   * which verifies the address as well. For every other address the same is done to no effect, so that the caller learns
   * nothing from the time it takes (ASVS 6.3.8).
   */
  @Transactional()
  async resend(email: string): Promise<void> {
    const account = await this.emails.find(email);
    if (account === undefined || account.isVerified) {
      await this.links.pretend('verify-email', email);
      await this.audit.refuse('user_email_verification_requested', {
        ...(account === undefined ? {} : { subjectId: account.id }),
        reason: account === undefined ? `unknown account ${this.audit.pseudonym(email)}` : 'verified already',
      });
      return;
    }
    const subject = { userId: account.id, address: account.email };
    await this.links.send(account.hasPassword ? 'verify-email' : 'invitation', subject);
    await this.audit.record('user_email_verification_requested', { subjectId: account.id });
  }
}
