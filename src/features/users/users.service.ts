import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AccessChanges } from '../../database/access-changes.ts';
import { databaseFailure } from '../../database/database-errors.ts';
import type { KeysetRequest, Slice } from '../../database/keyset.ts';
import type { Total } from '../../database/totals.ts';
import type { AuditFilter, ListedAuditEvent } from '../audit/audit.service.ts';
import { AuditService } from '../audit/audit.service.ts';
import { MailedTokensService } from '../mail/mailed-tokens.service.ts';
import { SchedulesService } from '../schedules/schedules.service.ts';
import { SessionsService } from '../sessions/sessions.service.ts';
import { AdministratorsRepository } from './administrators.repository.ts';
import { EmailTaken, LastAdministrator, OwnRoles, UserChanged, UserNotFound } from './users.errors.ts';
import { normalizedEmail } from './email-address.ts';
import type { ListedUser, User, UserChange, UserFilter, UserTarget } from './user.ts';
import { UsersListRepository } from './users-list.repository.ts';
import { UsersRepository } from './users.repository.ts';

/** People with an account. */
@Injectable()
export class UsersService {
  constructor(
    private readonly users: UsersRepository,
    private readonly administrators: AdministratorsRepository,
    private readonly changes: AccessChanges,
    private readonly lists: UsersListRepository,
    private readonly schedules: SchedulesService,
    private readonly sessions: SessionsService,
    private readonly mailedTokens: MailedTokensService,
    private readonly audit: AuditService,
  ) {}

  async list(filter: UserFilter, request: KeysetRequest): Promise<Slice<ListedUser>> {
    return await this.lists.list(normalized(filter), request);
  }

  async count(filter: UserFilter): Promise<Total> {
    return await this.lists.count(normalized(filter));
  }

  /** @throws UserNotFound */
  async get(id: string): Promise<User> {
    const user = await this.users.findById(id);
    if (user === undefined) throw new UserNotFound();
    return user;
  }

  /**
   * Changes what a user says of themselves.
   * @throws UserChanged
   */
  @Transactional()
  async updateOwn(target: UserTarget, change: Omit<UserChange, 'roles'>): Promise<User> {
    const before = await this.expect(target);
    if (isNothing(change)) return before;
    const user = await this.apply(target, change);
    await this.audit.record('user_updated', { subjectId: target.id, reason: 'own profile changed' });
    return user;
  }

  /**
   * Changes a user on behalf of `actorId`.
   * @throws UserNotFound, UserChanged, OwnRoles, LastAdministrator
   */
  @Transactional()
  async update(target: UserTarget, change: UserChange, actorId: string): Promise<User> {
    const before = await this.expect(target);
    if (isNothing(change)) return before;
    const { roles } = change;
    if (roles !== undefined && target.id === actorId) {
      await this.audit.refuseBehind('authz_fail', { subjectId: actorId, reason: 'own roles' });
      throw new OwnRoles();
    }
    const isNoAdmin = roles?.includes('admin') === false;
    if (isNoAdmin) await this.keepAnAdministratorBeside(target.id);
    const user = await this.apply(target, change);
    if (roles !== undefined) this.changes.announce({ userId: target.id });
    if (isNoAdmin) await this.schedules.pauseAllOf(target.id);
    await this.audit.record(roles === undefined ? 'user_updated' : 'authz_admin', {
      subjectId: target.id,
      reason: roles === undefined ? 'profile changed' : `roles set to ${roles.join(' ')}`,
    });
    return user;
  }

  /**
   * Deletes a user for all but the auditor: nobody finds them, their sessions end, their address is free. For 30 days
   * they can be restored.
   * @throws UserNotFound, UserChanged, LastAdministrator
   */
  @Transactional()
  async remove(target: UserTarget): Promise<void> {
    await this.expect(target);
    await this.keepAnAdministratorBeside(target.id);
    if (!(await this.users.markDeleted(target))) await this.refuse(target);
    await this.mailedTokens.voidAllOf(target.id);
    await this.sessions.endAllOf(target.id, 'user_deleted');
    await this.schedules.pauseAllOf(target.id);
    await this.audit.record('user_deleted', { subjectId: target.id });
  }

  /**
   * Brings back a user who was deleted in the last 30 days, as they were but without sessions. One who is back already
   * stays as they are.
   * @throws UserNotFound, EmailTaken
   */
  async restore(id: string): Promise<User> {
    try {
      return await this.bringBack(id);
    } catch (error) {
      // Somebody else took the address between question and answer.
      throw databaseFailure(error)?.kind === 'unique' ? new EmailTaken() : error;
    }
  }

  @Transactional()
  private async bringBack(id: string): Promise<User> {
    const displaced = (await this.users.isRestorable(id)) ? await this.users.displace(id) : undefined;
    if (displaced !== undefined) {
      await this.audit.record('user_deleted', { subjectId: displaced, reason: 'unverified; its address was restored' });
    }
    if (await this.users.restore(id)) await this.audit.record('user_restored', { subjectId: id });
    else if (await this.users.isRestorable(id)) throw new EmailTaken();
    return await this.get(id);
  }

  /**
   * What the auditor's book says about a user, also a deleted one.
   * @throws UserNotFound when there has never been one with this id
   */
  async auditEvents(id: string, filter: AuditFilter, request: KeysetRequest): Promise<Slice<ListedAuditEvent>> {
    if (!(await this.users.isKnown(id))) throw new UserNotFound();
    return await this.audit.list({ ...filter, subjectId: id }, request);
  }

  async countAuditEvents(id: string, filter: AuditFilter): Promise<Total> {
    return await this.audit.count({ ...filter, subjectId: id });
  }

  private async apply(target: UserTarget, change: UserChange): Promise<User> {
    return (await this.users.update(target, change)) ?? (await this.refuse(target));
  }

  /** The user, if they are there in the state that the caller means; the change itself finds out once more. */
  private async expect({ id, versions }: UserTarget): Promise<User> {
    const user = await this.get(id);
    if (versions !== 'any' && !versions.includes(user.version)) throw new UserChanged();
    return user;
  }

  private async refuse({ id }: UserTarget): Promise<never> {
    await this.get(id);
    throw new UserChanged();
  }

  /**
   * Makes sure, until the caller's transaction ends, that somebody else administers the service too.
   * @throws LastAdministrator
   */
  async keepAnAdministratorBeside(id: string): Promise<void> {
    if (await this.administrators.isLast(id)) throw new LastAdministrator();
  }
}

function isNothing(change: UserChange): boolean {
  return Object.values(change).every((value) => value === undefined);
}

function normalized(filter: UserFilter): UserFilter {
  return filter.emailPrefix === undefined ? filter : { ...filter, emailPrefix: normalizedEmail(filter.emailPrefix) };
}
