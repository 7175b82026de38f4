import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
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
  async list(userId: string, slice: { skip: number; take: number }): Promise<{ rows: ListedSession[]; total: number }> {
    const total = await this.lists.count(userId);
    if (total === undefined) throw new SessionsOfNobody();
    return { rows: total === 0 ? [] : await this.lists.list(userId, slice), total };
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
