import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { LoginThrottle } from '../login-throttling/index.ts';
import { AuditService } from '../../audit/index.ts';
import { EmailLinksService } from '../../mail/index.ts';
import { UserEmailsService } from '../../users/index.ts';

/** Password reset by email. */
@Injectable()
export class PasswordRecoveryService {
  constructor(
    private readonly emails: UserEmailsService,
    private readonly links: EmailLinksService,
    private readonly throttle: LoginThrottle,
    private readonly audit: AuditService,
  ) {}

  /**
   * Sends the link that sets a new password to the account with this email address. Unverified accounts and accounts
   * without a password get it too, because opening the link proves control of the email address. For an unknown email
   * address, a disabled account or an exceeded email limit the sending is simulated, so that the response time reveals
   * nothing (ASVS 6.3.8).
   * @throws TooManyAttempts when the limit of the client's IP address is exceeded
   */
  async forgot(email: string): Promise<void> {
    await this.enqueueResetEmail(email, await this.throttle.allowEmailTo('forgot', email));
  }

  @Transactional()
  private async enqueueResetEmail(email: string, emailAllowed: boolean): Promise<void> {
    const { account, refusal } = await this.emails.checkRecipient(emailAllowed, email);
    if (account === undefined) {
      await this.links.simulateSend('reset-password', email);
      await this.audit.recordFailure('authn_password_reset_requested', refusal);
      return;
    }
    await this.links.send('reset-password', { userId: account.id, email: account.email });
    await this.audit.record('authn_password_reset_requested', { subjectId: account.id });
  }
}
