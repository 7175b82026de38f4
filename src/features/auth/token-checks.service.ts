import { Injectable } from '@nestjs/common';
import { AttemptsService } from '../attempts/attempts.service.ts';
import type { AuditEventName } from '../audit/audit.service.ts';
import { AuditService } from '../audit/audit.service.ts';
import type { MailedTokenPurpose, MailedTokenSubject } from '../mail/mailed-tokens.service.ts';
import { MailedTokensService } from '../mail/mailed-tokens.service.ts';
import { InvalidToken } from './auth.errors.ts';

const reason = 'mailed link not valid';
const noPassword = { event: 'authn_password_change_fail', reason } as const;

/** What a token of each purpose that is no good has failed to do. */
const refusals: Readonly<Record<MailedTokenPurpose, { readonly event: AuditEventName; readonly reason: string }>> = {
  'email-change': { event: 'user_email_changed', reason },
  'email-revert': { event: 'user_email_reverted', reason },
  invitation: noPassword,
  'magic-link': { event: 'authn_login_fail', reason: `${reason} in this browser` },
  'reset-password': noPassword,
  setup: noPassword,
  'verify-email': { event: 'user_email_verified', reason },
};

/** Looks at a mailed token before it is spent; counts those that are no good, and writes them down. */
@Injectable()
export class TokenChecksService {
  constructor(
    private readonly attempts: AttemptsService,
    private readonly mailedTokens: MailedTokensService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Whom the token speaks for, if it could be spent now. Outside of any transaction.
   * @throws InvalidToken after the refusal was recorded; TooManyAttempts, AttemptsCrowded
   */
  async demandUsable(
    purposes: MailedTokenPurpose | readonly MailedTokenPurpose[],
    token: string,
    binding?: string,
  ): Promise<MailedTokenSubject> {
    const { result } = await this.attempts.make(this.attempts.buckets.mailedToken(), async () => {
      const subject = await this.mailedTokens.find(purposes, token, binding);
      return { counts: subject === undefined, result: subject };
    });
    if (result !== undefined) return result;
    await this.refuse([purposes].flat()[0], await this.mailedTokens.ownerOf(token, binding));
    throw new InvalidToken();
  }

  /** Whose it is may be known all the same: of a token that was used, replaced or has expired. */
  private async refuse(purpose: MailedTokenPurpose | undefined, ownerId: string | undefined): Promise<void> {
    const { event, reason } = refusals[purpose ?? 'reset-password'];
    await this.audit.refuse(event, { reason, ...(ownerId === undefined ? {} : { subjectId: ownerId }) });
  }
}
