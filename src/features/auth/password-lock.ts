import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AuditService } from '../audit/audit.service.ts';
import { MailService } from '../mail/mail.service.ts';
import type { Credentials } from '../users/credentials.service.ts';
import { CredentialsService } from '../users/credentials.service.ts';

/** The end of all guessing at one account (NIST SP 800-63B-4 §3.2.2): its password counts no more until it is reset. */
@Injectable()
export class PasswordLock {
  constructor(
    private readonly credentials: CredentialsService,
    private readonly mail: MailService,
    private readonly audit: AuditService,
  ) {}

  /** Locks the password and promises the mail that tells its owner; a second time changes nothing. */
  @Transactional()
  async lock({ id, email }: Credentials): Promise<void> {
    if (!(await this.credentials.lock(id))) return;
    await this.audit.refuse('authn_login_lock', { subjectId: id, reason: 'too many wrong passwords in a row' });
    await this.mail.promise('password-locked', email);
  }
}
