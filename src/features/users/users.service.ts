import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import type { KeysetRequest, Slice } from '../../database/keyset.ts';
import { AuditService } from '../audit/audit.service.ts';
import { SchedulesService } from '../schedules/schedules.service.ts';
import { SessionsService } from '../sessions/sessions.service.ts';
import { LastAdministrator, OwnRoles, UserNotFound } from './users.errors.ts';
import { normalizedEmail } from './email-address.ts';
import type { Credentials, ListedUser, NewUser, User, UserFilter } from './user.ts';
import { UsersRepository } from './users.repository.ts';

/** What an administrator may change of a user; absent members stay as they are. */
export interface UserChange {
  readonly displayName?: string | null;
  readonly roles?: readonly string[];
}

/** People with an account. */
@Injectable()
export class UsersService {
  constructor(
    private readonly users: UsersRepository,
    private readonly schedules: SchedulesService,
    private readonly sessions: SessionsService,
    private readonly audit: AuditService,
  ) {}

  async list(filter: UserFilter, request: KeysetRequest): Promise<Slice<ListedUser>> {
    return await this.users.list(normalized(filter), request);
  }

  async count(filter: UserFilter): Promise<number> {
    return await this.users.count(normalized(filter));
  }

  /** @throws UserNotFound */
  async get(id: string): Promise<User> {
    const user = await this.users.findById(id);
    if (user === undefined) throw new UserNotFound();
    return user;
  }

  /**
   * Changes a user on behalf of `actorId`.
   * @throws UserNotFound, OwnRoles, LastAdministrator
   */
  @Transactional()
  async update(id: string, change: UserChange, actorId: string): Promise<User> {
    if (change.roles === undefined && change.displayName === undefined) return await this.get(id);
    if (change.roles !== undefined && id === actorId) throw new OwnRoles();
    if (change.roles?.includes('admin') === false) await this.keepAnAdministratorBeside(id);
    const user = await this.users.update(id, change);
    if (user === undefined) throw new UserNotFound();
    if (change.roles?.includes('admin') === false) await this.schedules.pauseAllOf(id);
    await this.audit.record(change.roles === undefined ? 'user_updated' : 'authz_admin', {
      subjectId: id,
      reason: change.roles === undefined ? 'profile changed' : `roles set to ${change.roles.join(' ')}`,
    });
    return user;
  }

  /**
   * Deletes a user for all but the auditor: nobody finds them, their sessions end, their address is free.
   * @throws UserNotFound, LastAdministrator
   */
  @Transactional()
  async remove(id: string): Promise<void> {
    await this.keepAnAdministratorBeside(id);
    if (!(await this.users.markDeleted(id))) throw new UserNotFound();
    await this.sessions.endAllOf(id, 'user_deleted');
    await this.schedules.pauseAllOf(id);
    await this.audit.record('user_deleted', { subjectId: id });
  }

  /** Stores a new account in the caller's transaction; false when the address is taken. */
  async create(user: NewUser, reason: string): Promise<boolean> {
    if (!(await this.users.insert({ ...user, emailNormalized: normalizedEmail(user.email) }))) return false;
    await this.audit.record('user_created', { subjectId: user.id, reason });
    return true;
  }

  /**
   * Registers again what nobody has verified yet, in the caller's transaction: the newest password counts. The account's
   * id, or undefined when the address belongs to somebody.
   */
  async replaceUnverified(user: NewUser): Promise<string | undefined> {
    const id = await this.users.replaceUnverified({ ...user, emailNormalized: normalizedEmail(user.email) });
    if (id !== undefined) await this.audit.record('user_updated', { subjectId: id, reason: 'registered again' });
    return id;
  }

  /** What a login checks. */
  async findCredentials(email: string): Promise<Credentials | undefined> {
    return await this.users.findCredentials(normalizedEmail(email));
  }

  /** Notes that the user receives mail at this address; false when they have another one by now. */
  async confirmEmail(id: string, email: string): Promise<boolean> {
    if (!(await this.users.verifyEmail(id, normalizedEmail(email)))) return false;
    await this.audit.record('user_email_verified', { actorId: id, subjectId: id });
    return true;
  }

  /** Whether anybody administers the service yet; in a transaction, until it ends nobody else can change the answer. */
  async hasAdministrator(): Promise<boolean> {
    return (await this.users.lockAdministrators()).length > 0;
  }

  private async keepAnAdministratorBeside(id: string): Promise<void> {
    const administrators = await this.users.lockAdministrators();
    if (administrators.length === 1 && administrators[0] === id) throw new LastAdministrator();
  }
}

function normalized(filter: UserFilter): UserFilter {
  return filter.emailPrefix === undefined ? filter : { ...filter, emailPrefix: normalizedEmail(filter.emailPrefix) };
}
