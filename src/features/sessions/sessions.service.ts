import { Inject, Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import type { AuthConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { AccessChanges } from '../../database/access-changes.ts';
import { currentRequest } from '../../logging/request-context.ts';
import { AuditService } from '../audit/audit.service.ts';
import { AccessTokens } from './access-tokens.ts';
import type { LoginProof } from './login-proof.ts';
import { decideRefresh } from './refresh-decision.ts';
import { newRefreshToken, openChild, refreshTokenHash, refreshTokenPattern, sealChild } from './refresh-token.ts';
import { SealedSuccessors } from './sealed-successors.ts';
import { SessionBeginsRepository } from './session-begins.repository.ts';
import { SessionEndsService } from './session-ends.service.ts';
import { InvalidRefreshToken } from './sessions.errors.ts';
import type { RefreshedSession, StoredRefreshToken } from './sessions.repository.ts';
import { SessionsRepository } from './sessions.repository.ts';

/** What a client needs to act as the user. Lifetimes are in seconds. */
export interface TokenPair {
  readonly accessToken: string;
  readonly expiresIn: number;
  readonly refreshToken: string;
  readonly refreshExpiresIn: number;
}

/** A refresh token and the session it belongs to. */
interface Grant {
  readonly session: RefreshedSession;
  readonly refreshToken: string;
  readonly refreshExpiresAt: Date;
}

/** Sessions from login to their end, and the tokens that speak for them. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly begins: SessionBeginsRepository,
    private readonly successors: SealedSuccessors,
    private readonly ends: SessionEndsService,
    private readonly accessTokens: AccessTokens,
    private readonly changes: AccessChanges,
    private readonly audit: AuditService,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  /**
   * Begins a session for a user who has just proved who they are by these methods (RFC 8176); undefined, with nothing
   * written, when the account is not as it was proven any more: of a login and a change that ends all sessions, either
   * the change is seen here, or it ends this session too. With it a user has at most AUTH_MAX_SESSIONS sessions: the least
   * recently used ends. Six round trips, BEGIN and COMMIT among them.
   */
  async begin(proof: LoginProof, amr: readonly string[]): Promise<TokenPair | undefined> {
    // First, so that a login which can't be answered leaves no session behind.
    await this.accessTokens.prepare();
    const grant = await this.store(proof, amr);
    return grant && (await this.tokens(grant));
  }

  /**
   * Exchanges a refresh token for its child.
   * @throws InvalidRefreshToken; when a used token came back, after its session was ended
   */
  async refresh(refreshToken: string): Promise<TokenPair> {
    const grant = refreshTokenPattern.test(refreshToken) ? await this.exchange(refreshToken) : await this.refuse();
    // The refusal, or the end of a session, is committed by now: a throw inside of the transaction would have undone it.
    if (grant === undefined) throw new InvalidRefreshToken();
    return await this.tokens(grant);
  }

  /** Ends a session; ending it again changes nothing. */
  @Transactional()
  async end(sessionId: string, reason: string): Promise<void> {
    const ended = await this.kill(sessionId, reason);
    if (ended)
      await this.audit.record('session_ended', { actorId: ended.userId, subjectId: ended.userId, sessionId, reason });
  }

  /** Ends the session of this refresh token, whatever its generation; an unknown token changes nothing. */
  @Transactional()
  async endByRefreshToken(refreshToken: string, reason: string): Promise<void> {
    const session = await this.sessions.lockByToken(refreshTokenHash(refreshToken));
    if (session) await this.end(session.id, reason);
  }

  /** Ends every session of a user; joins the caller's transaction. */
  async endAllOf(userId: string, reason: string): Promise<void> {
    await this.ends.endAllOf(userId, reason);
  }

  /** Gets what tokens are signed with, ahead of a transaction that answers with some. */
  async prepare(): Promise<void> {
    await this.accessTokens.prepare();
  }

  /**
   * Ends every session of a user, in the caller's transaction. One of them goes on under another id and new tokens, no
   * younger and no stronger than it was; undefined when that one is over already.
   */
  async replaceAllOf(userId: string, sessionId: string, reason: string): Promise<TokenPair | undefined> {
    // Locked with the others, in their order: what is read before never changes.
    const before = await this.sessions.findAlive(sessionId, userId);
    if (before === undefined || !(await this.ends.endAllOf(userId, reason, sessionId))) return undefined;
    const session = { ...before, id: uuidv7() };
    const request = currentRequest();
    const from = { ip: request?.ip ?? null, userAgent: request?.userAgent ?? null };
    await this.sessions.insert({ ...session, amr: [...session.amr], ...from });
    await this.audit.record('session_created', { subjectId: userId, sessionId: session.id, reason });
    return await this.tokens(await this.newToken(session, 1, newRefreshToken()));
  }

  @Transactional()
  private async store(proof: LoginProof, amr: readonly string[]): Promise<Grant | undefined> {
    const now = Date.now();
    const session = {
      id: uuidv7(),
      userId: proof.userId,
      authTime: new Date(now),
      amr: [...amr],
      expiresAt: new Date(now + this.config.sessionTtlSeconds * 1000),
    };
    const request = currentRequest();
    const from = { ip: request?.ip ?? null, userAgent: request?.userAgent ?? null };
    if (!(await this.begins.insert({ ...session, ...from }, proof))) return undefined;
    const grant = await this.newToken(session, 1, newRefreshToken());
    const subject = { actorId: proof.userId, subjectId: proof.userId, sessionId: session.id };
    await this.audit.record('authn_login_success', { ...subject, reason: amr.join(' ') });
    await this.ends.endSurplusOf(proof.userId, session.id, this.config.sessionsMax);
    return grant;
  }

  @Transactional()
  private async exchange(presented: string): Promise<Grant | undefined> {
    const hash = refreshTokenHash(presented);
    const session = await this.sessions.lockByToken(hash);
    const token = session && (await this.sessions.findToken(hash, this.config.refreshGraceSeconds));
    if (session === undefined || token === undefined) return await this.refuse();
    switch (decideRefresh(token)) {
      case 'rotate':
        return await this.rotate(session, token, presented);
      case 'repeat':
        return this.repeat(session, token, presented) ?? (await this.refuse(session));
      case 'reuse':
        await this.ends.punish(session);
        return undefined;
      case 'refuse':
        return await this.refuse(session);
    }
  }

  private async refuse(session?: RefreshedSession): Promise<Grant | undefined> {
    const whose = session === undefined ? {} : { subjectId: session.userId, sessionId: session.id };
    await this.audit.refuse('authn_login_fail', { ...whose, reason: 'refresh token not valid' });
    return undefined;
  }

  private async rotate(session: RefreshedSession, token: StoredRefreshToken, presented: string): Promise<Grant> {
    const child = newRefreshToken();
    this.successors.expect();
    await this.sessions.useToken(token, sealChild(child, presented), session.id);
    return await this.newToken(session, token.generation + 1, child);
  }

  private repeat(session: RefreshedSession, token: StoredRefreshToken, presented: string): Grant | undefined {
    if (token.sealedChild === null || token.childExpiresAt === null) return undefined;
    return { session, refreshToken: openChild(token.sealedChild, presented), refreshExpiresAt: token.childExpiresAt };
  }

  private async kill(sessionId: string, reason: string): Promise<{ userId: string } | undefined> {
    this.changes.announce({ sessionId });
    return await this.sessions.kill(sessionId, reason);
  }

  private async newToken(session: RefreshedSession, generation: number, refreshToken: string): Promise<Grant> {
    const idleEnd = Date.now() + this.config.refreshIdleSeconds * 1000;
    const refreshExpiresAt = new Date(Math.min(idleEnd, session.expiresAt.getTime()));
    await this.sessions.insertToken({
      sessionId: session.id,
      generation,
      tokenHash: refreshTokenHash(refreshToken),
      expiresAt: refreshExpiresAt,
    });
    return { session, refreshToken, refreshExpiresAt };
  }

  private async tokens({ session, refreshToken, refreshExpiresAt }: Grant): Promise<TokenPair> {
    return {
      accessToken: await this.accessTokens.issue({ ...session, sessionId: session.id }),
      expiresIn: this.accessTokens.ttlSeconds,
      refreshToken,
      refreshExpiresIn: Math.max(0, Math.floor((refreshExpiresAt.getTime() - Date.now()) / 1000)),
    };
  }
}
