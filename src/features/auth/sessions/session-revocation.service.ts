import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AccessInvalidationBus } from '../../../platform/cache-invalidation/access-invalidation-bus.ts';
import { currentRequest } from '../../../platform/logging/request-context.ts';
import { AuditService } from '../../audit/index.ts';
import { MailService } from '../../mail/index.ts';
import type { BulkRevocation, BulkRevocationResult, ProviderSessions } from './session-revocation.repository.ts';
import { SessionRevocationRepository } from './session-revocation.repository.ts';
import { SessionEnded, SessionNotFound } from './sessions.errors.ts';
import type { LockedSession } from './sessions.repository.ts';
import { SessionsRepository } from './sessions.repository.ts';

/** Revokes one session, all sessions, or all but one session of a user. */
@Injectable()
export class SessionRevocationService {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly revocations: SessionRevocationRepository,
    private readonly invalidations: AccessInvalidationBus,
    private readonly audit: AuditService,
    private readonly mail: MailService,
  ) {}

  /**
   * Revokes an active session of this user.
   * @throws SessionNotFound after the failure was recorded, when the session is unknown, has ended or belongs to
   *   another user; the error does not reveal which
   */
  @Transactional()
  async revokeOne(userId: string, sessionId: string, reason: string): Promise<void> {
    if (await this.end(userId, sessionId, reason)) return;
    await this.audit.recordFailureAfterTransaction('authz_fail', {
      subjectId: userId,
      reason: `session ${sessionId} is not theirs`,
    });
    throw new SessionNotFound();
  }

  /**
   * Revokes an active session of a user on behalf of an administrator.
   * @throws SessionNotFound
   */
  @Transactional()
  async revokeOneOf(userId: string, sessionId: string): Promise<void> {
    if (!(await this.end(userId, sessionId, 'ended_by_admin'))) throw new SessionNotFound();
  }

  /**
   * Revokes every session of a user except this one.
   * @throws SessionEnded, with nothing revoked, when this one has ended: of two sessions that revoke each other one
   *   stays active
   */
  @Transactional()
  async revokeOthers(userId: string, sessionId: string, reason = 'logout_others'): Promise<void> {
    const { wasActive } = await this.revokeMany(
      userId,
      reason,
      async (revocation) => await this.revocations.revokeOthers(revocation, sessionId),
    );
    if (!wasActive) throw new SessionEnded();
  }

  /**
   * Locks an active session of a user: it cannot end before the caller's transaction does. Called last, because every
   * transaction locks the user before sessions.
   * @throws SessionEnded when the session has ended since the request was authenticated
   */
  async assertActive(userId: string, sessionId: string): Promise<void> {
    if (!(await this.sessions.lockActive(sessionId, userId))) throw new SessionEnded();
  }

  /**
   * Revokes every session of a user; joins the caller's transaction. Returns whether session `sessionId` was active.
   */
  @Transactional()
  async revokeAll(userId: string, reason: string, sessionId?: string): Promise<boolean> {
    const { wasActive } = await this.revokeMany(
      userId,
      reason,
      async (revocation) => await this.revocations.revokeAll(revocation, sessionId ?? null),
    );
    return wasActive;
  }

  /**
   * Revokes the least recently used sessions of a user who has more than `max`, including the newest one, which stays.
   * The caller's transaction holds the lock of the user: a concurrent login waits for it, and counts this session too.
   */
  @Transactional()
  async revokeSurplus(userId: string, newestId: string, max: number): Promise<void> {
    await this.revokeMany(
      userId,
      'too_many_sessions',
      async (revocation) => await this.revocations.revokeSurplus(revocation, newestId, max),
    );
  }

  /**
   * Revokes the sessions that began with an identity, after a logout at its provider; joins the caller's transaction.
   */
  @Transactional()
  async revokeOfIdentity(userId: string, sessions: ProviderSessions): Promise<void> {
    await this.revokeMany(
      userId,
      'provider_logout',
      async (revocation) => await this.revocations.revokeOfIdentity(revocation, sessions),
    );
  }

  /** Revokes the session of a reused refresh token and notifies its user by email; joins the caller's transaction. */
  @Transactional()
  async revokeReused({ id: sessionId, userId }: LockedSession): Promise<void> {
    this.invalidations.publish({ sessionId });
    await this.sessions.revoke(sessionId, 'token_reuse');
    await this.audit.recordFailure('authn_token_reuse', {
      subjectId: userId,
      sessionId,
      reason: 'a used refresh token was presented; the session was ended',
    });
    const email = await this.sessions.findEmail(userId);
    if (email !== undefined) await this.mail.notify('sessions-ended', email);
  }

  /** False when the user has no such active session. */
  private async end(userId: string, sessionId: string, reason: string): Promise<boolean> {
    if (!(await this.sessions.revokeOne(userId, sessionId, reason))) return false;
    this.invalidations.publish({ sessionId });
    await this.audit.record('session_ended', { subjectId: userId, sessionId, reason });
    return true;
  }

  private async revokeMany(
    userId: string,
    reason: string,
    revoke: (revocation: BulkRevocation) => Promise<BulkRevocationResult>,
  ): Promise<BulkRevocationResult> {
    // During a login or a password reset the user is not authenticated yet.
    const details = { actorId: currentRequest()?.principalId ?? userId, subjectId: userId, reason };
    const revoked = await this.audit.recordEach(
      'session_ended',
      details,
      async (audit) => await revoke({ userId, reason, audit }),
    );
    if (revoked.events > 0) this.invalidations.publish({ userId });
    return revoked;
  }
}
