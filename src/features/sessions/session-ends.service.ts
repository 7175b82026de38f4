import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AccessChanges } from '../../database/access-changes.ts';
import { currentRequest } from '../../logging/request-context.ts';
import { AuditService } from '../audit/audit.service.ts';
import { MailService } from '../mail/mail.service.ts';
import type { SessionsEnd, SessionsEnded } from './session-ends.repository.ts';
import { SessionEndsRepository } from './session-ends.repository.ts';
import { SessionNotFound } from './sessions.errors.ts';
import type { RefreshedSession } from './sessions.repository.ts';
import { SessionsRepository } from './sessions.repository.ts';

/** How sessions of a user end before their time: one, all, or all but one. */
@Injectable()
export class SessionEndsService {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly ends: SessionEndsRepository,
    private readonly changes: AccessChanges,
    private readonly audit: AuditService,
    private readonly mail: MailService,
  ) {}

  /**
   * Ends a live session of this user.
   * @throws SessionNotFound after the refusal was recorded, when it is unknown, somebody else's or over, which nobody can tell apart
   */
  @Transactional()
  async endOneOf(userId: string, sessionId: string, reason: string): Promise<void> {
    if (!(await this.sessions.killOneOf(userId, sessionId, reason))) {
      await this.audit.refuseBehind('authz_fail', { subjectId: userId, reason: `session ${sessionId} is not theirs` });
      throw new SessionNotFound();
    }
    this.changes.announce({ sessionId });
    await this.audit.record('session_ended', { actorId: userId, subjectId: userId, sessionId, reason });
  }

  /**
   * Ends every session of a user but this one. False, with nothing ended, when this one is over itself: of two sessions
   * that end each other one stays.
   */
  @Transactional()
  async endOthersOf(userId: string, sessionId: string): Promise<boolean> {
    const { wasLive } = await this.endMany(
      userId,
      'logout_others',
      async (end) => await this.ends.endOthers(end, sessionId),
    );
    return wasLive;
  }

  /** Whether this session of a user is not over, nor ends before the caller's transaction does. */
  async staysOpen(userId: string, sessionId: string): Promise<boolean> {
    return await this.sessions.lockAlive(sessionId, userId);
  }

  /** Ends every session of a user, in the caller's transaction. Tells whether the one that is named was live. */
  @Transactional()
  async endAllOf(userId: string, reason: string, named?: string): Promise<boolean> {
    return (await this.endMany(userId, reason, async (end) => await this.ends.endAll(end, named ?? null))).wasLive;
  }

  /**
   * Ends the least recently used sessions of a user who has more than `most` together with this newest one. The caller's
   * transaction holds the user's lock: another login of the same user waits for it, and counts this session too.
   */
  @Transactional()
  async endSurplusOf(userId: string, newestId: string, most: number): Promise<void> {
    await this.endMany(userId, 'too_many_sessions', async (end) => await this.ends.endSurplus(end, newestId, most));
  }

  /** Ends the session of a used refresh token that came back, in the caller's transaction, and tells its user. */
  @Transactional()
  async punish({ id: sessionId, userId }: RefreshedSession): Promise<void> {
    this.changes.announce({ sessionId });
    await this.sessions.kill(sessionId, 'token_reuse');
    await this.audit.refuse('authn_token_reuse', {
      subjectId: userId,
      sessionId,
      reason: 'a used refresh token was presented; the session was ended',
    });
    const address = await this.sessions.findAddress(userId);
    if (address !== undefined) await this.mail.promise('sessions-ended', address);
  }

  private async endMany(
    userId: string,
    reason: string,
    work: (end: SessionsEnd) => Promise<SessionsEnded>,
  ): Promise<SessionsEnded> {
    // A user who logs in, or sets a new password by mail, is no authenticated caller yet.
    const details = { actorId: currentRequest()?.principalId ?? userId, subjectId: userId, reason };
    const ended = await this.audit.recordEach(
      'session_ended',
      details,
      async (audit) => await work({ userId, reason, audit }),
    );
    if (ended.events > 0) this.changes.announce({ userId });
    return ended;
  }
}
