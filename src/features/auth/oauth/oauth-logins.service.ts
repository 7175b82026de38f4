import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { AuditService } from '../../audit/index.ts';
import { LoginThrottle } from '../login-throttling/index.ts';
import type { MfaRequired } from '../mfa/index.ts';
import { MfaChallengesService } from '../mfa/index.ts';
import type { AccessToken, ProviderOrigin, TokenPair } from '../sessions/index.ts';
import { InvalidRefreshToken, RefreshTokensService, SessionEnded, SessionsService } from '../sessions/index.ts';
import { IdentitiesRepository } from './identities.repository.ts';
import { ConcurrentLink, OAuthAccounts } from './oauth-accounts.service.ts';
import type { OAuthCodeDto } from './oauth-code.ts';
import type { HostedLogin, OAuthCaller, VerifiedLogin } from './oauth-flow.ts';
import { OAuthCodes } from './oauth-codes.service.ts';
import { InvalidOAuthCode, ProviderAuthenticationNotRecent } from './oauth.errors.ts';
import { clockToleranceSeconds } from './provider-client.ts';

/** The method of a session that a provider began (not in RFC 8176). */
const amr: readonly string[] = ['oauth'];

/** Of two concurrent first logins, the second one finds the account of the first. */
const maxAttempts = 3;

/** Exchanges the code of a login with a provider, or on the hosted pages, for a session, or for the step-up of one. */
@Injectable()
export class OAuthLogins {
  constructor(
    private readonly codes: OAuthCodes,
    private readonly accounts: OAuthAccounts,
    private readonly identities: IdentitiesRepository,
    private readonly sessions: SessionsService,
    private readonly refreshTokens: RefreshTokensService,
    private readonly challenges: MfaChallengesService,
    private readonly throttle: LoginThrottle,
    private readonly audit: AuditService,
  ) {}

  /**
   * Creates a session, and an account if the identity has none yet. Works while the password is locked, and clears the
   * failures of the account. If the account has a second factor, the session is created after its verification
   * (MfaLoginService). A refusal changes nothing; the code stays valid. The code of a hosted login leads to the session
   * that the hosted pages have created.
   * @throws InvalidOAuthCode, OAuthLoginRefused, IdentityNotLinked, all recorded; TooManyAttempts
   */
  async exchange(code: OAuthCodeDto): Promise<TokenPair | MfaRequired> {
    const login = await this.codes.findLogin(code);
    if (login.purpose === 'hosted-login') return await this.takeOver(code, login);
    await this.sessions.prepare();
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.sessions.inTurn(
          `${login.identity.issuer} ${login.identity.subject}`,
          async () => await this.logIn(code, login),
        );
      } catch (error) {
        if (!(error instanceof ConcurrentLink) || attempt === maxAttempts) throw error;
      }
    }
  }

  /**
   * Renews the authentication time of the caller's session by the time at which the provider authenticated its user.
   * @throws InvalidOAuthCode, ProviderAuthenticationNotRecent, both recorded; SessionEnded, TooManyAttempts
   */
  async reauthenticate(caller: OAuthCaller, code: OAuthCodeDto): Promise<AccessToken> {
    const login = await this.codes.find(code, { purpose: 'step-up', caller });
    await this.sessions.prepare();
    return await this.renew(caller, code, login);
  }

  /** The tokens of a session that may have been revoked since its code was issued. */
  private async takeOver(code: OAuthCodeDto, { refreshToken }: HostedLogin): Promise<TokenPair> {
    await this.codes.consume(code);
    try {
      return await this.refreshTokens.refresh(refreshToken);
    } catch (error) {
      throw error instanceof InvalidRefreshToken ? new InvalidOAuthCode() : error;
    }
  }

  @Transactional()
  private async logIn(code: OAuthCodeDto, login: VerifiedLogin): Promise<TokenPair | MfaRequired> {
    await this.codes.consume(code);
    const { userId, email, version, mfaEnabled, identityId } = await this.accounts.accountOf(login);
    const origin = originOf(identityId, login);
    if (mfaEnabled) {
      const { authTime: _, ...later } = origin;
      return await this.challenges.issue({ userId, email, userVersion: version, amr, origin: later });
    }
    const tokens = await this.sessions.create({ userId, email, version, origin }, amr);
    // The row of the user is locked: it has not changed since it was read.
    if (tokens === undefined) throw new InvalidOAuthCode();
    await this.throttle.reset(email);
    return tokens;
  }

  @Transactional()
  private async renew(caller: OAuthCaller, code: OAuthCodeDto, login: VerifiedLogin): Promise<AccessToken> {
    await this.identities.lockAccountOf(login.identity);
    const account = await this.identities.findAccount(login.identity);
    const { authTime } = login.identity;
    const isRecent = authTime !== undefined && authTime + clockToleranceSeconds >= login.startedAt / 1000;
    if (account?.userId !== caller.userId || !isRecent) {
      const reason = `${login.provider}: authentication not recent, or of another account`;
      await this.audit.recordFailureAfterTransaction('authn_login_fail', { subjectId: caller.userId, reason });
      throw new ProviderAuthenticationNotRecent();
    }
    await this.codes.consume(code);
    const { userId, email, version, identityId } = account;
    const evidence = { userId, email, version, origin: originOf(identityId, login) };
    const token = await this.sessions.reauthenticate(caller.sessionId, evidence, amr);
    if (token === undefined) throw new SessionEnded();
    return token;
  }
}

/**
 * Without a time of the provider, the authentication counts as the oldest: the session satisfies no step-up (ASVS
 * 6.8.4). It is never in the future, whatever the clock of the provider shows.
 */
function originOf(identityId: string, { identity }: VerifiedLogin): ProviderOrigin & { readonly authTime: Date } {
  const authTime = new Date(Math.min(Date.now(), (identity.authTime ?? 0) * 1000));
  return { identityId, providerSessionId: identity.sessionId ?? null, authTime };
}
