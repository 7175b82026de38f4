import { Inject, Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import type { AuthConfig } from '../../../platform/config/config.ts';
import { configToken } from '../../../platform/config/config.module.ts';
import { secretHash } from '../../../platform/crypto/secrets.ts';
import { AuditService } from '../../audit/index.ts';
import { decideRefresh } from './refresh-decision.ts';
import { decryptSuccessor, encryptSuccessor, newRefreshToken, refreshTokenPattern } from './refresh-token.ts';
import { SessionRevocationService } from './session-revocation.service.ts';
import type { SessionGrant, TokenPair } from './session-tokens.ts';
import { SessionTokens } from './session-tokens.ts';
import { InvalidRefreshToken } from './sessions.errors.ts';
import type { FoundSession, LockedSession, StoredRefreshToken } from './sessions.repository.ts';
import { SessionsRepository } from './sessions.repository.ts';
import { SuccessorCleanup } from './successor-cleanup.ts';

/** Exchanges refresh tokens, and detects their reuse (RFC 9700 §4.14). */
@Injectable()
export class RefreshTokensService {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly successors: SuccessorCleanup,
    private readonly revocation: SessionRevocationService,
    private readonly tokens: SessionTokens,
    private readonly audit: AuditService,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  /**
   * Exchanges a refresh token for its successor. A reused token revokes its session.
   * @throws InvalidRefreshToken
   */
  async refresh(refreshToken: string): Promise<TokenPair> {
    const grant = refreshTokenPattern.test(refreshToken) ? await this.exchange(refreshToken) : await this.reject();
    // Thrown after the commit: inside the transaction it would roll back the audit event or the revocation.
    if (grant === undefined) throw new InvalidRefreshToken();
    return await this.tokens.issue(grant);
  }

  /** The session of a refresh token of any generation, and whether it is active. Locks and changes nothing. */
  async findSession(refreshToken: string): Promise<FoundSession | undefined> {
    return await this.sessions.findByToken(secretHash(refreshToken));
  }

  @Transactional()
  private async exchange(presented: string): Promise<SessionGrant | undefined> {
    const hash = secretHash(presented);
    const session = await this.sessions.lockByToken(hash);
    const token = session && (await this.sessions.findToken(hash, this.config.refreshTokenReuseIntervalSeconds));
    if (session === undefined || token === undefined) return await this.reject();
    switch (decideRefresh(token)) {
      case 'rotate':
        return await this.rotate(session, token, presented);
      case 'repeat':
        return this.repeat(session, token, presented) ?? (await this.reject(session));
      case 'reuse':
        await this.revocation.revokeReused(session);
        return undefined;
      case 'refuse':
        return await this.reject(session);
    }
  }

  private async reject(session?: LockedSession): Promise<SessionGrant | undefined> {
    const subject = session === undefined ? {} : { subjectId: session.userId, sessionId: session.id };
    await this.audit.recordFailure('authn_login_fail', { ...subject, reason: 'refresh token not valid' });
    return undefined;
  }

  private async rotate(session: LockedSession, token: StoredRefreshToken, presented: string): Promise<SessionGrant> {
    const successor = newRefreshToken();
    this.successors.schedule();
    await this.sessions.useToken(token, encryptSuccessor(successor, presented), session.id);
    return await this.tokens.store(session, token.generation + 1, successor);
  }

  private repeat(session: LockedSession, token: StoredRefreshToken, presented: string): SessionGrant | undefined {
    if (token.encryptedSuccessor === null || token.successorExpiresAt === null) return undefined;
    return {
      session,
      refreshToken: decryptSuccessor(token.encryptedSuccessor, presented),
      refreshExpiresAt: token.successorExpiresAt,
    };
  }
}
