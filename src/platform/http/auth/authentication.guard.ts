import type { ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { Observable } from 'rxjs';
import { currentRequest } from '../../logging/request-context.ts';
import { BadRequest } from '../problem/http.errors.ts';
import type { Access } from './access.decorators.ts';
import { accessKey } from './access.decorators.ts';
import { strategies } from './access-token.strategy.ts';
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
  constructor(private readonly reflector: Reflector) {
    super();
  }

  /** @throws BadRequest when the request has both an access token and an API key */
  override canActivate(context: ExecutionContext): boolean | Promise<boolean> | Observable<boolean> {
    if (this.accessOf(context) === 'public') return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    if (apiKeyOf(request) !== undefined && request.headers.authorization !== undefined)
      throw new BadRequest({ detail: 'Send either Authorization or X-API-Key, not both.' });
    return super.canActivate(context);
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

  private accessOf(context: ExecutionContext): Access | undefined {
    return this.reflector.getAllAndOverride<Access | undefined>(accessKey, [context.getHandler(), context.getClass()]);
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
