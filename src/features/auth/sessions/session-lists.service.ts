import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import type { KeysetRequest, Slice } from '../../../platform/database/keyset.ts';
import type { Total } from '../../../platform/database/totals.ts';
import { SessionRevocationService } from './session-revocation.service.ts';
import type { ListedSession } from './session-lists.repository.ts';
import { SessionListsRepository } from './session-lists.repository.ts';
import { SessionUserNotFound } from './sessions.errors.ts';

export type { ListedSession };

/** The active sessions of a user. */
@Injectable()
export class SessionListsService {
  constructor(
    private readonly lists: SessionListsRepository,
    private readonly revocation: SessionRevocationService,
  ) {}

  /**
   * Newest first.
   * @throws SessionUserNotFound
   */
  async list(userId: string, request: KeysetRequest): Promise<Slice<ListedSession>> {
    const slice = await this.lists.list(userId, request);
    // A deleted user has no active session, so only an empty list needs this query.
    if (slice.rows.length === 0 && !(await this.lists.userExists(userId))) throw new SessionUserNotFound();
    return slice;
  }

  async count(userId: string): Promise<Total> {
    return await this.lists.count(userId);
  }

  /**
   * Revokes all sessions of a user on behalf of an administrator.
   * @throws SessionUserNotFound
   */
  @Transactional()
  async revokeAll(userId: string): Promise<void> {
    if (!(await this.lists.userExists(userId))) throw new SessionUserNotFound();
    await this.revocation.revokeAll(userId, 'ended_by_admin');
  }
}
