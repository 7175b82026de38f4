import type { KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import passport from 'passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import type { AuthConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { uuidPattern } from '../../validation/fields.ts';
import type { AuthenticatedRequest, Authentication, Principal } from './principal.ts';
import { SessionCache } from './session-cache.ts';
import { missingCredentials, tokenHeaderKid, TokenRejected } from './token-header.ts';
import { VerificationKeys } from './verification-keys.ts';
import type { Claims } from './verified-token-cache.ts';
import { VerifiedTokenCache } from './verified-token-cache.ts';

const clockToleranceSeconds = 5;
const bearerTokenOf = ExtractJwt.fromAuthHeaderAsBearerToken();

/** The request as the types of Passport declare it: only its headers are read. */
type PassportRequest = Parameters<Strategy['authenticate']>[0];

/** The key of each request whose signature is being verified. */
const keyOfRequest = new WeakMap<object, KeyObject>();

/**
 * Authenticates access tokens (RFC 9068): ES256 only (ASVS 9.1.2), a key of this service by its kid, issuer, audience
 * and times. The session must be active and its user enabled; the permissions are the current ones. The signature of
 * each token is verified once; the session is checked on every request.
 */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy, 'jwt') {
  constructor(
    private readonly keys: VerificationKeys,
    private readonly sessions: SessionCache,
    private readonly verifiedTokens: VerifiedTokenCache,
    @Inject(configToken('auth')) config: AuthConfig,
  ) {
    super({
      jwtFromRequest: bearerTokenOf,
      passReqToCallback: true,
      algorithms: ['ES256'],
      issuer: config.issuer,
      audience: config.audience,
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way to set a clock tolerance
      jsonWebTokenOptions: { clockTolerance: clockToleranceSeconds },
      secretOrKeyProvider: (request: object, _token: string, done: (error: unknown, key?: string | Buffer) => void) => {
        // jsonwebtoken accepts a KeyObject; the types of passport-jwt do not declare it.
        done(null, keyOfRequest.get(request) as unknown as Buffer);
      },
    });
  }

  /**
   * The caller, when neither the token has to be verified nor its session read: without Passport and without a promise.
   * Undefined in every other case, also when the token or the session is invalid.
   */
  findVerified(request: AuthenticatedRequest): Principal | undefined {
    const token = bearerTokenOf(request);
    const claims = token === null ? undefined : this.verifiedTokens.find(token, clockToleranceSeconds);
    return claims === undefined ? undefined : principalOf(claims, this.sessions.findCached(claims.sid));
  }

  /** Called by Passport. Fails for a missing or invalid token, errors when the key or the session cannot be read. */
  override authenticate(request: PassportRequest, options?: object): void {
    const token = bearerTokenOf(request);
    if (token === null) {
      this.fail(missingCredentials, 401);
      return;
    }
    const claims = this.verifiedTokens.find(token, clockToleranceSeconds);
    if (claims === undefined) this.verify(token, request, options);
    else this.authenticateSession(claims);
  }

  /** Called by passport-jwt with the claims of a token whose signature, issuer, audience and expiry are valid. */
  async validate(
    request: PassportRequest,
    { sub, sid, iat, exp, ...proof }: Readonly<Record<string, unknown>>,
  ): Promise<Principal | false> {
    if (typeof sub !== 'string' || typeof sid !== 'string' || !uuidPattern.test(sid)) return false;
    // passport-jwt checks an expiry only if the token has one; RFC 9068 §2.2 requires it.
    if (typeof exp !== 'number') return false;
    if (typeof iat !== 'number' || iat > Date.now() / 1000 + clockToleranceSeconds) return false;
    const claims = { sub, sid, exp, authentication: authenticationOf(proof) };
    const principal = principalOf(claims, await this.sessions.find(sid));
    if (principal === undefined) return false;
    const token = bearerTokenOf(request) ?? '';
    this.verifiedTokens.store(token, claims, tokenHeaderKid(token));
    return principal;
  }

  private authenticateSession(claims: Claims): void {
    this.sessions.find(claims.sid).then(
      (session) => {
        const principal = principalOf(claims, session);
        if (principal === undefined) this.fail('inactive session', 401);
        else this.success(principal);
      },
      (error: unknown) => {
        this.error(error as Error);
      },
    );
  }

  /**
   * Reads the key before passport-jwt verifies the token: it would report an unavailable database as an invalid token.
   */
  private verify(token: string, request: PassportRequest, options?: object): void {
    this.keyOf(token).then(
      (key) => {
        keyOfRequest.set(request, key);
        super.authenticate(request, options);
      },
      (error: unknown) => {
        if (error instanceof TokenRejected) this.fail(error.message, 401);
        else this.error(error as Error);
      },
    );
  }

  private async keyOf(token: string): Promise<KeyObject> {
    const key = await this.keys.find(tokenHeaderKid(token));
    if (key === undefined) throw new TokenRejected('unknown kid');
    return key;
  }
}

/** The strategies of Passport that authenticate a request, in the order in which they are tried. */
export const strategies = ['jwt', 'api-key'];

/** The principal of a request that has not reached the AuthenticationGuard; undefined without valid credentials. */
export async function authenticatePrincipal(request: AuthenticatedRequest): Promise<Principal | undefined> {
  return await new Promise((resolve, reject) => {
    const decide = (_error: unknown, principal?: Principal | false | null): void => {
      resolve(principal === false || principal === null ? undefined : principal);
    };
    const authenticate = passport.authenticate(strategies, { session: false }, decide) as (...args: unknown[]) => void;
    authenticate(request, {}, reject);
  });
}

/** An authentication without a time is never recent. */
function authenticationOf({ auth_time: time, amr, acr }: Readonly<Record<string, unknown>>): Authentication {
  return {
    time: typeof time === 'number' ? time : 0,
    methods: Array.isArray(amr) ? amr.map(String) : [],
    level: acr === 'aal2' ? 'aal2' : 'aal1',
  };
}

function principalOf(
  { sub, sid, authentication }: Claims,
  session: Awaited<ReturnType<SessionCache['find']>>,
): Principal | undefined {
  if (session?.userId !== sub) return undefined;
  const { permissions, mfaEnabled, mfaMissing } = session;
  return { userId: sub, sessionId: sid, permissions, authentication, mfaEnabled, mfaMissing };
}
