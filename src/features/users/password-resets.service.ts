import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AuditService } from '../audit/audit.service.ts';
import { MailService } from '../mail/mail.service.ts';
import { MailedTokensService } from '../mail/mailed-tokens.service.ts';
import { SessionsService } from '../sessions/sessions.service.ts';
import { UserDisabled } from './users.errors.ts';
import { UsersService } from './users.service.ts';

/** What the user is sent: a token that `POST /v1/auth/password/reset` spends, and how long it works. */
const sent = { purpose: 'invitation', template: 'choose-password', ttlSeconds: 1800 } as const;

/** New passwords that administrators ask for, and users choose: nobody sets one for somebody else (ASVS 6.4.4). */
@Injectable()
export class PasswordResetsService {
  constructor(
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly mailedTokens: MailedTokensService,
    private readonly mail: MailService,
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
    await this.sessions.endAllOf(userId, 'password_reset');
    const tokenId = await this.mailedTokens.issue(sent.purpose, { userId, address: email }, sent.ttlSeconds);
    await this.mail.promise(sent.template, email, tokenId);
    await this.audit.record('authz_admin', { subjectId: userId, reason: 'password reset started' });
  }
}
