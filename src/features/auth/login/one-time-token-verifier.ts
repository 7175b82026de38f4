import { Injectable } from '@nestjs/common';
import { LoginThrottle } from '../login-throttling/index.ts';
import type { AuditEventName } from '../../audit/index.ts';
import { AuditService } from '../../audit/index.ts';
import type { FoundOneTimeToken, OneTimeTokenPurpose } from '../one-time-tokens/index.ts';
import { OneTimeTokensService } from '../one-time-tokens/index.ts';
import { InvalidToken } from './auth.errors.ts';

const reason = 'mailed link not valid';
const noPassword = { event: 'authn_password_change_fail', reason } as const;

/** The audit event of an invalid token, by its purpose. */
const rejections: Readonly<Record<OneTimeTokenPurpose, { readonly event: AuditEventName; readonly reason: string }>> = {
  'email-change': { event: 'user_email_changed', reason },
  'email-revert': { event: 'user_email_reverted', reason },
  invitation: noPassword,
  'magic-link': { event: 'authn_login_fail', reason: `${reason} in this browser` },
  'reset-password': noPassword,
  setup: noPassword,
  'verify-email': { event: 'user_email_verified', reason },
};

/** Verifies one-time tokens before they are consumed, and counts and records invalid ones. */
@Injectable()
export class OneTimeTokenVerifier {
  constructor(
    private readonly throttle: LoginThrottle,
    private readonly oneTimeTokens: OneTimeTokensService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Returns the subject of a token that can be consumed now. Outside of any transaction. Only invalid tokens are
   * counted and rejected beyond the limit: failures of other clients at this IP address reject no valid one.
   * @throws InvalidToken after the failure was recorded; TooManyAttempts instead of it when the limit is exceeded
   */
  async verify(
    purposes: OneTimeTokenPurpose | readonly OneTimeTokenPurpose[],
    token: string,
    binding?: string,
  ): Promise<FoundOneTimeToken> {
    const found = await this.findOrCount(purposes, token, binding);
    if (found !== undefined) return found;
    await this.recordFailure([purposes].flat()[0], await this.oneTimeTokens.ownerOf(token, binding));
    throw new InvalidToken();
  }

  /**
   * The same for a page that shows whether its link works: an invalid token is counted, but not recorded, because
   * opening a link is no attempt to use it; email scanners do it too.
   * @throws InvalidToken; TooManyAttempts instead of it when the limit is exceeded
   */
  async inspect(
    purposes: OneTimeTokenPurpose | readonly OneTimeTokenPurpose[],
    token: string,
    binding?: string,
  ): Promise<FoundOneTimeToken> {
    const found = await this.findOrCount(purposes, token, binding);
    if (found === undefined) throw new InvalidToken();
    return found;
  }

  /** @throws TooManyAttempts */
  private async findOrCount(...link: Parameters<OneTimeTokensService['find']>): Promise<FoundOneTimeToken | undefined> {
    const found = await this.oneTimeTokens.find(...link);
    if (found === undefined) await this.throttle.count(this.throttle.buckets.oneTimeToken());
    return found;
  }

  /** The owner is known of a token that was used, revoked or has expired. */
  private async recordFailure(purpose: OneTimeTokenPurpose | undefined, ownerId: string | undefined): Promise<void> {
    const { event, reason } = rejections[purpose ?? 'reset-password'];
    await this.audit.recordFailure(event, { reason, ...(ownerId === undefined ? {} : { subjectId: ownerId }) });
  }
}
