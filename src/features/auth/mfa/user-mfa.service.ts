import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AccessInvalidationBus } from '../../../platform/cache-invalidation/access-invalidation-bus.ts';
import { AuditService } from '../../audit/index.ts';
import { MailService } from '../../mail/index.ts';
import { LoginMethodsService } from '../login-methods/index.ts';
import { SessionRevocationService } from '../sessions/index.ts';
import { CannotResetOwnMfa, MfaUserNotFound } from './mfa.errors.ts';
import { TotpLock } from './totp-lock.ts';
import type { UserFactor } from './user-mfa.repository.ts';
import { UserMfaRepository } from './user-mfa.repository.ts';

export type { UserFactor };

/** The second factors of a user, and how many recovery codes are left. */
export interface UserMfa {
  readonly factors: readonly UserFactor[];
  readonly recoveryCodesLeft: number;
}

/** Lists the second factors of a user, and resets them on behalf of administrators. */
@Injectable()
export class UserMfaService {
  constructor(
    private readonly factors: UserMfaRepository,
    private readonly methods: LoginMethodsService,
    private readonly totpLock: TotpLock,
    private readonly sessions: SessionRevocationService,
    private readonly invalidations: AccessInvalidationBus,
    private readonly mail: MailService,
    private readonly audit: AuditService,
  ) {}

  /** The active factors, oldest first. */
  async list(userId: string): Promise<readonly UserFactor[]> {
    return await this.factors.list(userId);
  }

  /** @throws MfaUserNotFound */
  async get(userId: string): Promise<UserMfa> {
    const recoveryCodesLeft = await this.factors.countRecoveryCodes(userId);
    if (recoveryCodesLeft === undefined) throw new MfaUserNotFound();
    return { factors: await this.factors.list(userId), recoveryCodesLeft };
  }

  /**
   * Deletes all factors and recovery codes of a user who has lost them, and revokes all sessions. The user is notified
   * by email if there was something to delete.
   * @throws MfaUserNotFound, CannotResetOwnMfa
   */
  @Transactional()
  async reset(userId: string, actorId: string): Promise<void> {
    if (userId === actorId) {
      await this.audit.recordFailureAfterTransaction('authz_fail', {
        subjectId: actorId,
        reason: 'own second factors',
      });
      throw new CannotResetOwnMfa();
    }
    // Lock order: user, sessions, as in every other transaction.
    const user = await this.methods.lockUser(userId);
    if (user === undefined) throw new MfaUserNotFound();
    await this.totpLock.unlock(userId);
    if ((await this.factors.deleteAll(userId)) > 0) {
      await this.methods.updateMfaEnabled(userId);
      await this.mail.notify('mfa-reset', user.email);
    }
    this.invalidations.publish({ userId });
    await this.sessions.revokeAll(userId, 'mfa_reset');
    await this.audit.record('authz_admin', { subjectId: userId, reason: 'second factors reset' });
  }
}
