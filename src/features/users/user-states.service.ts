import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AccessChanges } from '../../database/access-changes.ts';
import { AuditService } from '../audit/audit.service.ts';
import { MailedTokensService } from '../mail/mailed-tokens.service.ts';
import { SchedulesService } from '../schedules/schedules.service.ts';
import { SessionsService } from '../sessions/sessions.service.ts';
import type { User } from './user.ts';
import { OwnAccount } from './users.errors.ts';
import { UserStatesRepository } from './user-states.repository.ts';
import { UsersService } from './users.service.ts';

/** Keeps users out, and lets them in again. */
@Injectable()
export class UserStatesService {
  constructor(
    private readonly states: UserStatesRepository,
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly schedules: SchedulesService,
    private readonly mailedTokens: MailedTokensService,
    private readonly changes: AccessChanges,
    private readonly audit: AuditService,
  ) {}

  /**
   * Keeps a user out on behalf of `actorId`: all sessions end, mailed links are worth nothing, schedules are paused. One
   * who is kept out already stays as they are.
   * @throws UserNotFound, OwnAccount, LastAdministrator
   */
  @Transactional()
  async disable(id: string, actorId: string): Promise<User> {
    const user = await this.users.get(id);
    if (id === actorId) {
      await this.audit.refuseBehind('authz_fail', { subjectId: actorId, reason: 'own account' });
      throw new OwnAccount();
    }
    if (user.disabledAt !== null) return user;
    await this.users.keepAnAdministratorBeside(id);
    if (await this.states.disable(id)) {
      await this.endAccess(id);
      await this.schedules.pauseAllOf(id);
      await this.audit.record('authz_admin', { subjectId: id, reason: 'disabled' });
    }
    return await this.users.get(id);
  }

  /**
   * Lets a user in again, as they were but without sessions and with their schedules paused. One whom nobody keeps out
   * stays as they are.
   * @throws UserNotFound
   */
  @Transactional()
  async enable(id: string): Promise<User> {
    const user = await this.users.get(id);
    if (user.disabledAt === null) return user;
    if (await this.states.enable(id)) {
      // Whatever was promised to somebody who is kept out is not kept now: a link that was being mailed, for one.
      await this.endAccess(id);
      await this.audit.record('authz_admin', { subjectId: id, reason: 'enabled' });
    }
    return await this.users.get(id);
  }

  private async endAccess(id: string): Promise<void> {
    this.changes.announce({ userId: id });
    await this.mailedTokens.voidAllOf(id);
    await this.sessions.endAllOf(id, 'user_disabled');
  }
}
