import { Inject, Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import type { AuthConfig } from '../../../platform/config/config.ts';
import { configToken } from '../../../platform/config/config.module.ts';
import { AuditService } from '../../audit/index.ts';
import { MailService } from '../../mail/index.ts';
import { LoginMethodsService } from '../login-methods/index.ts';
import type { Attempt } from '../login-throttling/index.ts';
import { LoginThrottle } from '../login-throttling/index.ts';
import { TotpFactorsRepository } from './totp-factors.repository.ts';

/**
 * Lockout of authenticator apps (NIST SP 800-63B-4 §3.2.2): after many invalid codes in a row their codes are rejected,
 * so that an attacker who knows the password cannot guess for ever. Recovery codes and passkeys still work.
 */
@Injectable()
export class TotpLock {
  constructor(
    private readonly factors: TotpFactorsRepository,
    private readonly methods: LoginMethodsService,
    private readonly throttle: LoginThrottle,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  /** Counts a failed attempt that was reserved with the `mfa` buckets of this user, outside of any transaction. */
  async count(attempt: Attempt, userId: string): Promise<void> {
    const failures = await attempt.count();
    const inRow = failures.get(this.throttle.buckets.consecutiveMfaFailures(userId).key) ?? 0;
    if (inRow >= this.config.throttleLimits.lockoutThreshold) await this.lock(userId);
  }

  /** Accepts codes of locked apps again and clears the failures, in the caller's transaction. */
  async unlock(userId: string): Promise<void> {
    if (await this.factors.unlock(userId)) await this.throttle.resetMfa(userId);
  }

  @Transactional()
  private async lock(userId: string): Promise<void> {
    const user = await this.methods.lockUser(userId);
    if (user === undefined || !(await this.factors.lock(userId))) return;
    await this.audit.recordFailure('authn_mfa_lock', { subjectId: userId, reason: 'too many invalid codes in a row' });
    await this.mail.notify('mfa-locked', user.email);
  }
}
