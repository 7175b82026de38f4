import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AccessInvalidationBus } from '../../platform/cache-invalidation/access-invalidation-bus.ts';
import { classifyDatabaseError } from '../../platform/database/database-errors.ts';
import type { KeysetRequest, Slice } from '../../platform/database/keyset.ts';
import type { Total } from '../../platform/database/totals.ts';
import type { AuditFilter, ListedAuditEvent } from '../audit/index.ts';
import { AuditService } from '../audit/index.ts';
import { MailService } from '../mail/index.ts';
import { OneTimeTokensService } from '../auth/one-time-tokens/index.ts';
import { SchedulesService } from '../jobs/schedules/index.ts';
import { SessionsService } from '../auth/sessions/index.ts';
import { AdministratorsRepository } from './administrators.repository.ts';
import { EmailTaken, LastAdministrator, CannotChangeOwnRoles, UserChanged, UserNotFound } from './users.errors.ts';
import { OwnUserRepository } from './own-user.repository.ts';
import type { ListedUser, OwnUser, User, UserChange, UserFilter, UserTarget } from './user.ts';
import { UsersListRepository } from './users-list.repository.ts';
import { UsersRepository } from './users.repository.ts';

/** Reads, updates, deletes and restores users. */
@Injectable()
export class UsersService {
  constructor(
    private readonly users: UsersRepository,
    private readonly ownUsers: OwnUserRepository,
    private readonly administrators: AdministratorsRepository,
    private readonly changes: AccessInvalidationBus,
    private readonly lists: UsersListRepository,
    private readonly schedules: SchedulesService,
    private readonly sessions: SessionsService,
    private readonly oneTimeTokens: OneTimeTokensService,
    private readonly mail: MailService,
    private readonly audit: AuditService,
  ) {}

  async list(filter: UserFilter, request: KeysetRequest): Promise<Slice<ListedUser>> {
    return await this.lists.list(filter, request);
  }

  async count(filter: UserFilter): Promise<Total> {
    return await this.lists.count(filter);
  }

  /** @throws UserNotFound */
  async get(id: string): Promise<User> {
    const user = await this.users.findById(id);
    if (user === undefined) throw new UserNotFound();
    return user;
  }

  /** Returns those of the users that exist, in any order. */
  async findByIds(ids: readonly string[]): Promise<readonly User[]> {
    return await this.users.findByIds(ids);
  }

  /**
   * Returns a user with a summary of the second factors.
   * @param mfaExpected whether the user has one, if the caller knows: saves reading them
   * @throws UserNotFound
   */
  async getOwn(id: string, mfaExpected = true): Promise<OwnUser> {
    const user = await this.ownUsers.findById(id, mfaExpected);
    if (user === undefined) throw new UserNotFound();
    return user;
  }

  /**
   * Updates the profile of the caller.
   * @throws UserNotFound, UserChanged
   */
  @Transactional()
  async updateOwn(target: UserTarget, change: Omit<UserChange, 'roles'>): Promise<OwnUser> {
    if (isEmptyChange(change)) await this.requireVersion(target);
    else {
      await this.apply(target, change);
      await this.audit.record('user_updated', { subjectId: target.id, reason: 'own profile changed' });
    }
    return await this.getOwn(target.id);
  }

  /**
   * Updates a user on behalf of `actorId`.
   * @throws UserNotFound, UserChanged, CannotChangeOwnRoles, LastAdministrator
   */
  @Transactional()
  async update(target: UserTarget, change: UserChange, actorId: string): Promise<User> {
    const before = await this.requireVersion(target);
    if (isEmptyChange(change)) return before;
    const { roles } = change;
    if (roles !== undefined && target.id === actorId) {
      await this.audit.recordFailureAfterTransaction('authz_fail', { subjectId: actorId, reason: 'own roles' });
      throw new CannotChangeOwnRoles();
    }
    const losesAdministration = roles?.includes('admin') === false;
    if (losesAdministration) await this.assertNotLastAdministrator(target.id);
    const user = await this.apply(target, change);
    if (roles !== undefined) this.changes.publish({ userId: target.id });
    if (losesAdministration) await this.schedules.pauseAllOf(target.id);
    await this.audit.record(roles === undefined ? 'user_updated' : 'authz_admin', {
      subjectId: target.id,
      reason: roles === undefined ? 'profile changed' : `roles set to ${roles.join(' ')}`,
    });
    return user;
  }

  /**
   * Soft-deletes a user: revokes sessions and tokens, pauses schedules and releases the email address. Audit events
   * stay, and the user can be restored for 30 days. A user with a verified email address is notified by email.
   * @throws UserNotFound, UserChanged, LastAdministrator
   */
  @Transactional()
  async delete(target: UserTarget): Promise<void> {
    const { email, emailVerifiedAt, locale } = await this.requireVersion(target);
    await this.assertNotLastAdministrator(target.id);
    if (!(await this.users.markDeleted(target))) await this.reject(target);
    await this.oneTimeTokens.revokeAll(target.id);
    await this.sessions.revokeAll(target.id, 'user_deleted');
    await this.schedules.pauseAllOf(target.id);
    await this.audit.record('user_deleted', { subjectId: target.id });
    if (emailVerifiedAt !== null) await this.mail.notify('account-deleted', email, locale);
  }

  /**
   * Restores a user that was deleted in the last 30 days, without sessions. A user that is not deleted is left
   * unchanged.
   * @throws UserNotFound, EmailTaken
   */
  async restore(id: string): Promise<User> {
    try {
      return await this.restoreInTransaction(id);
    } catch (error) {
      // A concurrent transaction took the email address.
      throw classifyDatabaseError(error)?.kind === 'unique' ? new EmailTaken() : error;
    }
  }

  @Transactional()
  private async restoreInTransaction(id: string): Promise<User> {
    const releasedId = (await this.users.isRestorable(id)) ? await this.users.releaseUnverifiedEmail(id) : undefined;
    if (releasedId !== undefined) {
      await this.audit.record('user_deleted', {
        subjectId: releasedId,
        reason: 'unverified; its email address was restored',
      });
    }
    if (await this.users.restore(id)) await this.audit.record('user_restored', { subjectId: id });
    else if (await this.users.isRestorable(id)) throw new EmailTaken();
    return await this.get(id);
  }

  /**
   * Lists the audit events about a user, also a deleted one.
   * @throws UserNotFound when no row with this id exists
   */
  async auditEvents(id: string, filter: AuditFilter, request: KeysetRequest): Promise<Slice<ListedAuditEvent>> {
    if (!(await this.users.isKnown(id))) throw new UserNotFound();
    return await this.audit.list({ ...filter, subjectId: id }, request);
  }

  async countAuditEvents(id: string, filter: AuditFilter): Promise<Total> {
    return await this.audit.count({ ...filter, subjectId: id });
  }

  private async apply(target: UserTarget, change: UserChange): Promise<User> {
    return (await this.users.update(target, change)) ?? (await this.reject(target));
  }

  /** Returns the user in one of the expected versions; the update itself checks the version again. */
  private async requireVersion({ id, versions }: UserTarget): Promise<User> {
    const user = await this.get(id);
    if (versions !== 'any' && !versions.includes(user.version)) throw new UserChanged();
    return user;
  }

  private async reject({ id }: UserTarget): Promise<never> {
    await this.get(id);
    throw new UserChanged();
  }

  /**
   * Asserts until the caller's transaction ends that another administrator can log in.
   * @throws LastAdministrator
   */
  async assertNotLastAdministrator(id: string): Promise<void> {
    if (await this.administrators.isLast(id)) throw new LastAdministrator();
  }
}

function isEmptyChange(change: UserChange): boolean {
  return Object.values(change).every((value) => value === undefined);
}
