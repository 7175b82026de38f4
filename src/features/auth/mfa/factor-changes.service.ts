import { Injectable } from '@nestjs/common';
import { AccessInvalidationBus } from '../../../platform/cache-invalidation/access-invalidation-bus.ts';
import { LoginMethodsService } from '../login-methods/index.ts';
import { SessionRevocationService } from '../sessions/index.ts';
import { RecoveryCodesService } from './recovery-codes.service.ts';

/** The user and the session of the request. */
export interface FactorOwner {
  readonly userId: string;
  readonly sessionId: string;
}

/** What follows from adding and deleting a second factor of any kind, in the caller's transaction. */
@Injectable()
export class FactorChangesService {
  constructor(
    private readonly methods: LoginMethodsService,
    private readonly recoveryCodes: RecoveryCodesService,
    private readonly sessions: SessionRevocationService,
    private readonly invalidations: AccessInvalidationBus,
  ) {}

  /**
   * Logins require a second factor from now on, and all other sessions of the user are revoked.
   * @throws SessionEnded when the session of the request has ended since it was authenticated
   */
  async afterAdding({ userId, sessionId }: FactorOwner): Promise<void> {
    await this.methods.updateMfaEnabled(userId);
    this.invalidations.publish({ userId });
    await this.sessions.revokeOthers(userId, sessionId, 'mfa_enabled');
  }

  /**
   * With the last factor, the recovery codes are deleted, and logins no longer require a second factor.
   * @throws SecondFactorRequired when a role of the user requires one; SessionEnded
   */
  async afterDeleting(owner: FactorOwner): Promise<void> {
    const { userId } = owner;
    if (!(await this.methods.updateMfaEnabled(userId))) {
      await this.methods.assertMfaNotRequired(userId);
      await this.recoveryCodes.deleteAll(userId);
    }
    this.invalidations.publish({ userId });
    await this.assertSessionActive(owner);
  }

  /**
   * Called last: after all sessions were revoked, none may delete a factor or replace the recovery codes.
   * @throws SessionEnded
   */
  async assertSessionActive({ userId, sessionId }: FactorOwner): Promise<void> {
    await this.sessions.assertActive(userId, sessionId);
  }
}
