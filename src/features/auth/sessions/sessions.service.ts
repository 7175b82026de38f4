import { Inject, Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import { KeyedMutex } from '../../../platform/async/keyed-mutex.ts';
import type { AuthConfig } from '../../../platform/config/config.ts';
import { configToken } from '../../../platform/config/config.module.ts';
import { secretHash } from '../../../platform/crypto/secrets.ts';
import { AccessInvalidationBus } from '../../../platform/cache-invalidation/access-invalidation-bus.ts';
import { currentRequest } from '../../../platform/logging/request-context.ts';
import { AuditService } from '../../audit/index.ts';
import { newRefreshToken } from './refresh-token.ts';
import type { AuthenticationEvidence, NewAuthentication } from './session-creation.repository.ts';
import { originOf, SessionCreationRepository } from './session-creation.repository.ts';
import { SessionRevocationService } from './session-revocation.service.ts';
import type { AccessToken, SessionGrant, TokenPair } from './session-tokens.ts';
import { SessionTokens } from './session-tokens.ts';
import type { LockedSession } from './sessions.repository.ts';
import { SessionsRepository } from './sessions.repository.ts';

/** Creates and revokes sessions, and issues their tokens. */
@Injectable()
export class SessionsService {
  private readonly turns = new KeyedMutex();

  constructor(
    private readonly sessions: SessionsRepository,
    private readonly creation: SessionCreationRepository,
    private readonly revocation: SessionRevocationService,
    private readonly tokens: SessionTokens,
    private readonly invalidations: AccessInvalidationBus,
    private readonly audit: AuditService,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  /**
   * Runs the login of a user when the earlier ones in this process have ended. Its transaction locks the user's row: the
   * logins that wait here hold no database connection. Must not be called in a transaction.
   * @param account the id of the user, or the identity at a provider whose user the transaction finds
   */
  async inTurn<T>(account: string, logIn: () => Promise<T>): Promise<T> {
    return await this.turns.run(account, logIn);
  }

  /**
   * Creates a session for a user who has just authenticated by these methods (RFC 8176). Undefined, with nothing
   * written, when the account has changed since: of a login and a concurrent change that revokes all sessions, either
   * the change is visible here, or it revokes this session too. The least recently used sessions beyond
   * AUTH_MAX_SESSIONS are revoked. Six round trips, including BEGIN and COMMIT.
   */
  async create(evidence: AuthenticationEvidence, amr: readonly string[]): Promise<TokenPair | undefined> {
    // First, so that a login whose token cannot be signed creates no session.
    await this.tokens.prepare();
    const grant = await this.store(evidence, amr);
    return grant && (await this.tokens.issue(grant));
  }

  /**
   * Renews the authentication time of a session whose user has just authenticated by these methods, and issues an
   * access token with it. Undefined, with nothing written, when the session has ended or the account has changed since.
   */
  async reauthenticate(
    sessionId: string,
    evidence: AuthenticationEvidence,
    amr: readonly string[],
  ): Promise<AccessToken | undefined> {
    await this.tokens.prepare();
    const session = await this.renew({ sessionId, amr, authTime: authTimeOf(evidence) }, evidence);
    return session && (await this.tokens.issueAccessToken(session));
  }

  /** Revokes a session. Idempotent. */
  @Transactional()
  async revoke(sessionId: string, reason: string): Promise<void> {
    this.invalidations.publish({ sessionId });
    const revoked = await this.sessions.revoke(sessionId, reason);
    if (revoked === undefined) return;
    const { userId } = revoked;
    await this.audit.record('session_ended', { actorId: userId, subjectId: userId, sessionId, reason });
  }

  /** Revokes the session of a refresh token of any generation; an unknown token is ignored. */
  @Transactional()
  async revokeByRefreshToken(refreshToken: string, reason: string): Promise<void> {
    const session = await this.sessions.lockByToken(secretHash(refreshToken));
    if (session) await this.revoke(session.id, reason);
  }

  /** Revokes every session of a user; joins the caller's transaction. */
  async revokeAll(userId: string, reason: string): Promise<void> {
    await this.revocation.revokeAll(userId, reason);
  }

  /** Loads the signing key before a transaction that issues tokens. */
  async prepare(): Promise<void> {
    await this.tokens.prepare();
  }

  /**
   * Revokes every session of a user, and replaces session `sessionId` by one with a new id and new tokens, and the same
   * authentication time, methods and expiry. Undefined when that session has ended. Joins the caller's transaction.
   */
  async replaceAll(userId: string, sessionId: string, reason: string): Promise<TokenPair | undefined> {
    // Not locked here, but with the other sessions in their order. The caller holds the lock of the user, without which
    // the columns that are read do not change.
    const replaced = await this.sessions.findActive(sessionId, userId);
    if (replaced === undefined || !(await this.revocation.revokeAll(userId, reason, sessionId))) return undefined;
    const session = { ...replaced, id: uuidv7() };
    await this.sessions.insert({ ...session, amr: [...session.amr], ...currentClient() });
    await this.audit.record('session_created', { subjectId: userId, sessionId: session.id, reason });
    return await this.tokens.issue(await this.tokens.store(session, 1, newRefreshToken()));
  }

  @Transactional()
  private async store(evidence: AuthenticationEvidence, amr: readonly string[]): Promise<SessionGrant | undefined> {
    const session = {
      id: uuidv7(),
      userId: evidence.userId,
      authTime: authTimeOf(evidence),
      amr: [...amr],
      expiresAt: new Date(Date.now() + this.config.sessionAbsoluteTimeoutSeconds * 1000),
    };
    if (!(await this.creation.insert({ ...session, ...currentClient() }, evidence))) return undefined;
    const grant = await this.tokens.store(session, 1, newRefreshToken());
    const subject = { actorId: evidence.userId, subjectId: evidence.userId, sessionId: session.id };
    await this.audit.record('authn_login_success', { ...subject, reason: amr.join(' ') });
    await this.revocation.revokeSurplus(evidence.userId, session.id, this.config.sessionsMax);
    return grant;
  }

  @Transactional()
  private async renew(
    authentication: NewAuthentication,
    evidence: AuthenticationEvidence,
  ): Promise<LockedSession | undefined> {
    const session = await this.creation.renew(authentication, evidence);
    if (session === undefined) return undefined;
    await this.audit.record('authn_reauthenticated', {
      subjectId: session.userId,
      reason: authentication.amr.join(' '),
    });
    return session;
  }
}

/** When the user authenticated. */
function authTimeOf(evidence: AuthenticationEvidence): Date {
  return originOf(evidence)?.authTime ?? new Date();
}

/** The client of the current request; all null outside a request. */
function currentClient(): { readonly ip: string | null; readonly userAgent: string | null } {
  const request = currentRequest();
  return { ip: request?.ip ?? null, userAgent: request?.userAgent ?? null };
}
