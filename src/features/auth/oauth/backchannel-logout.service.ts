import { Injectable, Logger } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import type { JWTPayload } from 'jose';
import { errors } from 'jose';
import { secretHash } from '../../../platform/crypto/secrets.ts';
import { isObject } from '../../../platform/validation/objects.ts';
import { AuditService } from '../../audit/index.ts';
import { LoginThrottle } from '../login-throttling/index.ts';
import { MfaChallengesService } from '../mfa/index.ts';
import { SessionRevocationService } from '../sessions/index.ts';
import type { LoggedOut } from './identities.repository.ts';
import { IdentitiesRepository } from './identities.repository.ts';
import { OAuthLoginsRepository } from './oauth-logins.repository.ts';
import { OAuthProviders, withinTimeLimit } from './oauth-providers.service.ts';
import { InvalidLogoutToken, ProviderNotFound, ProviderUnavailable } from './oauth.errors.ts';
import { OidcClient } from './oidc-client.ts';
import { isIdentifier } from './provider-client.ts';
import { describeProviderError, isUnavailable } from './provider-errors.ts';

const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout';

/** Longer than the age at which a logout token is rejected. */
const tokenMemorySeconds = 600;

/** A verified logout token. */
interface Logout extends LoggedOut {
  readonly tokenId: string;
}

/** Ends sessions whose user has logged out at the provider (OpenID Connect Back-Channel Logout 1.0). */
@Injectable()
export class BackChannelLogout {
  private readonly log = new Logger(BackChannelLogout.name);

  constructor(
    private readonly providers: OAuthProviders,
    private readonly identities: IdentitiesRepository,
    private readonly logins: OAuthLoginsRepository,
    private readonly challenges: MfaChallengesService,
    private readonly sessions: SessionRevocationService,
    private readonly throttle: LoginThrottle,
    private readonly audit: AuditService,
  ) {}

  /**
   * Revokes the sessions that a logout token names, if there are any, and invalidates the logins that wait for their
   * second factor. Each token is accepted once.
   * @throws ProviderNotFound; InvalidLogoutToken after the failure was recorded; ProviderUnavailable, TooManyAttempts
   */
  async logOut(name: string, token: string): Promise<void> {
    const { client } = this.providers.get(name);
    if (!(client instanceof OidcClient)) throw new ProviderNotFound();
    const logout = logoutOf(await this.verify(client, token));
    if (logout === undefined || !(await this.revoke(logout))) await this.reject(name);
  }

  private async verify(client: OidcClient, token: string): Promise<JWTPayload | undefined> {
    try {
      return await withinTimeLimit(client.verifyLogoutToken(token));
    } catch (error) {
      if (isKeySetUnavailable(error) || isUnavailable(error)) throw new ProviderUnavailable(error);
      this.log.warn(describeProviderError(error), 'Logout token rejected');
      return undefined;
    }
  }

  /** False, with nothing revoked, when the token was received before. */
  @Transactional()
  private async revoke(logout: Logout): Promise<boolean> {
    const { issuer, providerSessionId, tokenId } = logout;
    const idHash = secretHash(`${issuer} ${tokenId}`);
    if (!(await this.logins.insertLogoutToken(idHash, tokenMemorySeconds))) return false;
    for (const { userId, identityId } of await this.identities.findOwners(logout)) {
      const ended = { identityId, ...(providerSessionId === null ? {} : { providerSessionId }) };
      await this.challenges.deleteOfIdentity(ended);
      await this.sessions.revokeOfIdentity(userId, ended);
    }
    return true;
  }

  private async reject(name: string): Promise<never> {
    await this.throttle.count(this.throttle.buckets.oneTimeToken());
    await this.audit.recordFailure('session_ended', { reason: `${name}: logout token not valid` });
    throw new InvalidLogoutToken();
  }
}

/** jose has no class for the HTTP failures of a key set. */
function isKeySetUnavailable(error: unknown): boolean {
  return (
    error instanceof errors.JWKSTimeout || (error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC')
  );
}

/** What a token requires beyond its signature (OpenID Connect Back-Channel Logout 2.4); undefined when it is invalid. */
function logoutOf(payload: JWTPayload | undefined): Logout | undefined {
  if (payload?.iss === undefined || payload.jti === undefined || payload['nonce'] !== undefined) return undefined;
  const { iss: issuer, jti: tokenId, sub: subject = null, sid: providerSessionId = null, events } = payload;
  if (!isObject(events) || !(logoutEvent in events)) return undefined;
  if (subject !== null && !isIdentifier(subject)) return undefined;
  if (providerSessionId !== null && !isIdentifier(providerSessionId)) return undefined;
  if (subject === null && providerSessionId === null) return undefined;
  return { issuer, subject, providerSessionId, tokenId };
}
