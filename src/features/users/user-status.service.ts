import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AccessInvalidationBus } from '../../platform/cache-invalidation/access-invalidation-bus.ts';
import { AuditService } from '../audit/index.ts';
import { OneTimeTokensService } from '../auth/one-time-tokens/index.ts';
import { SchedulesService } from '../jobs/schedules/index.ts';
import { SessionsService } from '../auth/sessions/index.ts';
import type { User } from './user.ts';
import { CannotDisableOwnAccount } from './users.errors.ts';
import { UserStatusRepository } from './user-status.repository.ts';
import { UsersService } from './users.service.ts';

/** Disables and enables users. */
@Injectable()
export class UserStatusService {
  constructor(
    private readonly statuses: UserStatusRepository,
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly schedules: SchedulesService,
    private readonly oneTimeTokens: OneTimeTokensService,
    private readonly changes: AccessInvalidationBus,
    private readonly audit: AuditService,
  ) {}

  /**
   * Disables a user on behalf of `actorId`: revokes all sessions and one-time tokens, and pauses schedules. A disabled
   * user is left unchanged.
   * @throws UserNotFound, CannotDisableOwnAccount, LastAdministrator
   */
  @Transactional()
  async disable(id: string, actorId: string): Promise<User> {
    const user = await this.users.get(id);
    if (id === actorId) {
      await this.audit.recordFailureAfterTransaction('authz_fail', { subjectId: actorId, reason: 'own account' });
      throw new CannotDisableOwnAccount();
    }
    if (user.disabledAt !== null) return user;
    await this.users.assertNotLastAdministrator(id);
    if (await this.statuses.disable(id)) {
      await this.revokeAccess(id);
      await this.schedules.pauseAllOf(id);
      await this.audit.record('authz_admin', { subjectId: id, reason: 'disabled' });
    }
    return await this.users.get(id);
  }

  /**
   * Enables a disabled user, without sessions and with paused schedules. An enabled user is left unchanged.
   * @throws UserNotFound
   */
  @Transactional()
  async enable(id: string): Promise<User> {
    const user = await this.users.get(id);
    if (user.disabledAt === null) return user;
    if (await this.statuses.enable(id)) {
      // Revokes tokens that were issued while the user was disabled, such as those of emails in delivery.
      await this.revokeAccess(id);
      await this.audit.record('authz_admin', { subjectId: id, reason: 'enabled' });
    }
    return await this.users.get(id);
  }

  private async revokeAccess(id: string): Promise<void> {
    this.changes.publish({ userId: id });
    await this.oneTimeTokens.revokeAll(id);
    await this.sessions.revokeAll(id, 'user_disabled');
  }
}
