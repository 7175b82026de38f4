import type { ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { currentRequest } from '../../logging/request-context.ts';
import { BadRequest } from '../problem/http.errors.ts';
import { metadataOf, oncePerRoute } from '../server/route-metadata.ts';
import type { Access } from './access.decorators.ts';
import { accessKey } from './access.decorators.ts';
import { AccessTokenStrategy, strategies } from './access-token.strategy.ts';
import { apiKeyOf } from './api-key.strategy.ts';
import { Unauthenticated } from './auth.errors.ts';
import type { AuthenticatedRequest, Principal } from './principal.ts';
import { missingCredentials } from './token-header.ts';

/**
 * Authenticates the caller by access token or API key. Every route that declares nothing else requires valid
 * credentials (default deny).
 */
@Injectable()
export class AuthenticationGuard extends AuthGuard(strategies) {
  private readonly accessOf = oncePerRoute((route) => metadataOf(accessKey, route) as Access | undefined);

  constructor(private readonly accessTokens: AccessTokenStrategy) {
    super();
  }

  /** @throws BadRequest when the request has both an access token and an API key */
  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (this.accessOf(context) === 'public') return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    if (apiKeyOf(request) !== undefined && request.headers.authorization !== undefined)
      throw new BadRequest({ detail: 'Send either Authorization or X-API-Key, not both.' });
    const principal = this.accessTokens.findVerified(request);
    if (principal === undefined) return super.canActivate(context) as boolean | Promise<boolean>;
    request.user = recordPrincipal(principal);
    return true;
  }

  /**
   * Called with the result of the strategies; the returned principal becomes `request.user`.
   * @throws Unauthenticated; TooManyRequests for an invalid API key; the error of a failed database query
   */
  override handleRequest<TUser = Principal>(
    error: Error | null | undefined,
    user: TUser | false,
    challenge: unknown,
    context: ExecutionContext,
  ): TUser {
    if (error) throw error;
    if (user && !isApiKeyCaller(user)) return recordPrincipal(user);
    // Routes with optional authentication accept no API keys. AuthGuard passes undefined on as `request.user`: an
    // anonymous caller.
    if (this.accessOf(context) === 'optional') return undefined as TUser;
    if (user) return recordPrincipal(user);
    const isMissing = [challenge].flat().every((one) => one === missingCredentials);
    throw new Unauthenticated(isMissing ? 'missing' : 'invalid');
  }
}

function isApiKeyCaller(user: unknown): boolean {
  return (user as Principal).apiKeyId !== undefined;
}

/** Adds the caller to the request context, for the log line and audit events. */
function recordPrincipal<TUser>(user: TUser): TUser {
  const context = currentRequest();
  const { userId, sessionId, apiKeyId } = user as Principal;
  if (context) Object.assign(context, { principalId: userId, sessionId, apiKeyId });
  return user;
}
