import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AuditService } from '../audit/index.ts';
import { EmailLinksService } from '../mail/index.ts';
import { SessionsService } from '../auth/sessions/index.ts';
import { UserDisabled } from './users.errors.ts';
import { UsersService } from './users.service.ts';

/** Password resets that administrators request: the user chooses the new password (ASVS 6.4.4). */
@Injectable()
export class ForcedPasswordResetService {
  constructor(
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly links: EmailLinksService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Revokes all sessions of a user and enqueues the email with the reset link, in one transaction. The current password
   * stays valid until it is replaced (OWASP Forgot Password Cheat Sheet), so that a lost email does not lock the user
   * out.
   * @throws UserNotFound, UserDisabled
   */
  @Transactional()
  async start(userId: string): Promise<void> {
    const { email, disabledAt } = await this.users.get(userId);
    if (disabledAt !== null) throw new UserDisabled();
    // Lock order: user, tokens, sessions, as in every other transaction.
    await this.links.send('reset-password', { userId, email });
    await this.sessions.revokeAll(userId, 'password_reset');
    await this.audit.record('authz_admin', { subjectId: userId, reason: 'password reset started' });
  }
}
