import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import type { KeysetRequest, Slice } from '../../database/keyset.ts';
import type { Total } from '../../database/totals.ts';
import { SessionEndsService } from './session-ends.service.ts';
import type { ListedSession } from './session-lists.repository.ts';
import { SessionListsRepository } from './session-lists.repository.ts';
import { SessionsOfNobody } from './sessions.errors.ts';

export type { ListedSession };

/** The live sessions of a user, for themselves and for administrators. */
@Injectable()
export class SessionListsService {
  constructor(
    private readonly lists: SessionListsRepository,
    private readonly ends: SessionEndsService,
  ) {}

  /**
   * Newest first.
   * @throws SessionsOfNobody
   */
  async list(userId: string, request: KeysetRequest): Promise<Slice<ListedSession>> {
    const slice = await this.lists.list(userId, request);
    // Whoever is deleted has no live session.
    if (slice.rows.length === 0 && !(await this.lists.hasLiveUser(userId))) throw new SessionsOfNobody();
    return slice;
  }

  async count(userId: string): Promise<Total> {
    return await this.lists.count(userId);
  }

  /**
   * Ends all of them on behalf of an administrator.
   * @throws SessionsOfNobody
   */
  @Transactional()
  async endAllOf(userId: string): Promise<void> {
    if (!(await this.lists.hasLiveUser(userId))) throw new SessionsOfNobody();
    await this.ends.endAllOf(userId, 'ended_by_admin');
  }
}
