import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AuditService } from '../../audit/index.ts';
import { EmailLinksService } from '../../mail/index.ts';
import type { Credentials } from '../../users/index.ts';
import { CredentialsService } from '../../users/index.ts';

/**
 * Account lockout (NIST SP 800-63B-4 §3.2.2): a locked password is rejected until it is reset by email. Other ways to
 * log in still work, and sessions stay active.
 */
@Injectable()
export class PasswordLock {
  constructor(
    private readonly credentials: CredentialsService,
    private readonly links: EmailLinksService,
    private readonly audit: AuditService,
  ) {}

  /** Locks the password and enqueues the email that notifies the account owner, with a reset link. Idempotent. */
  @Transactional()
  async lock({ id, email }: Credentials): Promise<void> {
    if (!(await this.credentials.lock(id))) return;
    await this.audit.recordFailure('authn_login_lock', { subjectId: id, reason: 'too many wrong passwords in a row' });
    await this.links.send('reset-password', { userId: id, email }, { template: 'password-locked' });
  }
}
