import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import type { AuthConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { permissionsOf } from './permissions.ts';
import type { Principal } from './principal.ts';
import { LiveSessionsRepository } from './live-sessions.repository.ts';
import { tokenHeaderKid, TokenRefused } from './token-header.ts';
import { VerificationKeys } from './verification-keys.ts';

const clockToleranceSeconds = 5;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Access tokens of RFC 9068: ES256 and nothing else (ASVS 9.1.2), a key of our own by its kid, issuer, audience and
 * times; then the session must be alive and the user enabled, with roles as of now.
 */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy, 'jwt') {
  constructor(
    keys: VerificationKeys,
    private readonly sessions: LiveSessionsRepository,
    @Inject(configToken('auth')) config: AuthConfig,
  ) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
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

  /** Called with the claims of a token whose signature, issuer, audience and expiry are good. */
  async validate(claims: Readonly<Record<string, unknown>>): Promise<Principal | false> {
    const { sub, sid, iat, exp } = claims;
    if (typeof sub !== 'string' || typeof sid !== 'string' || !uuid.test(sid)) return false;
    // The library checks an expiry only where there is one; RFC 9068 §2.2 requires it.
    if (typeof exp !== 'number') return false;
    if (typeof iat !== 'number' || iat > Date.now() / 1000 + clockToleranceSeconds) return false;
    const holder = await this.sessions.findLiveHolder(sid);
    if (holder?.userId !== sub) return false;
    return { userId: sub, sessionId: sid, permissions: permissionsOf(holder.roles) };
  }
}

async function keyFor(token: string, keys: VerificationKeys): Promise<unknown> {
  const key = await keys.find(tokenHeaderKid(token));
  if (key === undefined) throw new TokenRefused('unknown kid');
  return key;
}
