import { Inject, Injectable } from '@nestjs/common';
import type { AuthConfig } from '../../../platform/config/config.ts';
import { configToken } from '../../../platform/config/config.module.ts';
import { secretHash } from '../../../platform/crypto/secrets.ts';
import { AccessTokenIssuer } from '../signing-keys/index.ts';
import type { LockedSession } from './sessions.repository.ts';
import { SessionsRepository } from './sessions.repository.ts';

/** An access token and a refresh token of a session. Lifetimes are in seconds. */
export interface TokenPair {
  readonly sessionId: string;
  readonly accessToken: string;
  readonly expiresIn: number;
  readonly refreshToken: string;
  readonly refreshExpiresIn: number;
}

/** An access token and its lifetime in seconds. */
export type AccessToken = Pick<TokenPair, 'accessToken' | 'expiresIn'>;

/** A refresh token and its session. */
export interface SessionGrant {
  readonly session: LockedSession;
  readonly refreshToken: string;
  readonly refreshExpiresAt: Date;
}

/** Stores the refresh tokens of sessions and issues token pairs. */
@Injectable()
export class SessionTokens {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly accessTokens: AccessTokenIssuer,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  /** Loads the signing key before a transaction that issues tokens. */
  async prepare(): Promise<void> {
    await this.accessTokens.prepare();
  }

  /** Stores a refresh token, which expires after the idle timeout, and with its session at the latest. */
  async store(session: LockedSession, generation: number, refreshToken: string): Promise<SessionGrant> {
    const idleTimeoutAt = Date.now() + this.config.sessionIdleTimeoutSeconds * 1000;
    const refreshExpiresAt = new Date(Math.min(idleTimeoutAt, session.expiresAt.getTime()));
    await this.sessions.insertToken({
      sessionId: session.id,
      generation,
      tokenHash: secretHash(refreshToken),
      expiresAt: refreshExpiresAt,
    });
    return { session, refreshToken, refreshExpiresAt };
  }

  async issueAccessToken(session: LockedSession): Promise<AccessToken> {
    return {
      accessToken: await this.accessTokens.issue({ ...session, sessionId: session.id }),
      expiresIn: this.accessTokens.ttlSeconds,
    };
  }

  /** Issues an access token and returns it together with the refresh token. */
  async issue({ session, refreshToken, refreshExpiresAt }: SessionGrant): Promise<TokenPair> {
    return {
      sessionId: session.id,
      ...(await this.issueAccessToken(session)),
      refreshToken,
      refreshExpiresIn: Math.max(0, Math.floor((refreshExpiresAt.getTime() - Date.now()) / 1000)),
    };
  }
}
