import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import type { AuthConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import type { AuthenticatedRequest, Principal } from './principal.ts';
import { LiveSessions } from './live-sessions.ts';
import { tokenHeaderKid, TokenRefused } from './token-header.ts';
import { VerificationKeys } from './verification-keys.ts';
import type { Claims } from './verified-tokens.ts';
import { VerifiedTokens } from './verified-tokens.ts';

const clockToleranceSeconds = 5;
const tokenOf = ExtractJwt.fromAuthHeaderAsBearerToken();
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Access tokens of RFC 9068: ES256 and nothing else (ASVS 9.1.2), a key of our own by its kid, issuer, audience and
 * times; then the session must be alive and the user enabled, with roles as of now.
 */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy, 'jwt') {
  constructor(
    keys: VerificationKeys,
    private readonly sessions: LiveSessions,
    private readonly tokens: VerifiedTokens,
    @Inject(configToken('auth')) config: AuthConfig,
  ) {
    super({
      jwtFromRequest: tokenOf,
      passReqToCallback: true,
      algorithms: ['ES256'],
      issuer: config.issuer,
      audience: config.audience,
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way to a tolerance; its types deprecate all of it
      jsonWebTokenOptions: { clockTolerance: clockToleranceSeconds },
      secretOrKeyProvider: (
        _request: unknown,
        token: string,
        done: (error: unknown, key?: string | Buffer) => void,
      ) => {
        keyFor(token, keys).then(
          // The library takes a parsed key, its types don't say so.
          (key) => {
            done(null, key as Buffer);
          },
          (error: unknown) => {
            done(error);
          },
        );
      },
    });
  }

  /** The caller, when their token was verified before and their session is alive now. */
  async recognize(request: AuthenticatedRequest): Promise<Principal | undefined> {
    const token = tokenOf(request);
    const claims = token === null ? undefined : this.tokens.find(token, clockToleranceSeconds);
    return claims === undefined ? undefined : await this.principalOf(claims);
  }

  /** Called with the claims of a token whose signature, issuer, audience and expiry are good. */
  async validate(
    request: AuthenticatedRequest,
    { sub, sid, iat, exp }: Readonly<Record<string, unknown>>,
  ): Promise<Principal | false> {
    if (typeof sub !== 'string' || typeof sid !== 'string' || !uuid.test(sid)) return false;
    // The library checks an expiry only where there is one; RFC 9068 §2.2 requires it.
    if (typeof exp !== 'number') return false;
    if (typeof iat !== 'number' || iat > Date.now() / 1000 + clockToleranceSeconds) return false;
    const claims = { sub, sid, exp };
    const principal = await this.principalOf(claims);
    if (principal === undefined) return false;
    const token = tokenOf(request) ?? '';
    this.tokens.remember(token, claims, tokenHeaderKid(token));
    return principal;
  }

  private async principalOf({ sub, sid }: Claims): Promise<Principal | undefined> {
    const holder = await this.sessions.find(sid);
    if (holder?.userId !== sub) return undefined;
    return { userId: sub, sessionId: sid, permissions: holder.permissions };
  }
}

async function keyFor(token: string, keys: VerificationKeys): Promise<unknown> {
  const key = await keys.find(tokenHeaderKid(token));
  if (key === undefined) throw new TokenRefused('unknown kid');
  return key;
}
