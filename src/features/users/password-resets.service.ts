import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AuditService } from '../audit/audit.service.ts';
import { MailedLinksService } from '../mail/mailed-links.service.ts';
import { SessionsService } from '../sessions/sessions.service.ts';
import { UserDisabled } from './users.errors.ts';
import { UsersService } from './users.service.ts';

/** New passwords that administrators ask for, and users choose: nobody sets one for somebody else (ASVS 6.4.4). */
@Injectable()
export class PasswordResetsService {
  constructor(
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly links: MailedLinksService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Ends all sessions of a user and promises the mail that leads to where they choose another password; or does neither.
   * Until then the one they have stays good (OWASP Forgot Password Cheat Sheet): a mail that never arrives locks nobody
   * out. To keep somebody out, disable them.
   * @throws UserNotFound, UserDisabled
   */
  @Transactional()
  async start(userId: string): Promise<void> {
    const { email, disabledAt } = await this.users.get(userId);
    if (disabledAt !== null) throw new UserDisabled();
    // Sending locks the user, then tokens: sessions come last, as everywhere.
    await this.links.send('reset-password', { userId, address: email });
    await this.sessions.endAllOf(userId, 'password_reset');
    await this.audit.record('authz_admin', { subjectId: userId, reason: 'password reset started' });
  }
}
