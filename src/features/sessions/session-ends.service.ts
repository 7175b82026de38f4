import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AccessChanges } from '../../database/access-changes.ts';
import { currentRequest } from '../../logging/request-context.ts';
import { AuditService } from '../audit/audit.service.ts';
import { MailService } from '../mail/mail.service.ts';
import { SessionNotFound } from './sessions.errors.ts';
import type { OpenSession, RefreshedSession } from './sessions.repository.ts';
import { SessionsRepository } from './sessions.repository.ts';

/** How sessions of a user end before their time: one, all, or all but one. */
@Injectable()
export class SessionEndsService {
  constructor(
    private readonly sessions: SessionsRepository,
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
    const open = await this.sessions.lockAllOf(userId);
    if (!open.some(({ id, isLive }) => id === sessionId && isLive)) return false;
    const others = open.filter(({ id }) => id !== sessionId);
    await this.endEach(userId, others, 'logout_others');
    return true;
  }

  /** Whether this session of a user is not over, nor ends before the caller's transaction does. */
  async staysOpen(userId: string, sessionId: string): Promise<boolean> {
    return (await this.sessions.lockAlive(sessionId, userId)) !== undefined;
  }

  /** Ends every session of a user; joins the caller's transaction. */
  @Transactional()
  async endAllOf(userId: string, reason: string): Promise<void> {
    await this.endEach(userId, await this.sessions.lockAllOf(userId), reason);
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

  private async endEach(userId: string, open: readonly OpenSession[], reason: string): Promise<void> {
    this.changes.announce({ userId });
    if (open.length === 0) return;
    await this.sessions.killEach(
      open.map(({ id }) => id),
      reason,
    );
    // Whoever has set a new password by mail is no authenticated caller: it is the user.
    const details = { actorId: currentRequest()?.principalId ?? userId, subjectId: userId, reason };
    const live = open.filter(({ isLive }) => isLive).map(({ id }) => id);
    await this.audit.recordForEach(live, 'session_ended', details);
  }
}
