import type { ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { Observable } from 'rxjs';
import { currentRequest } from '../../logging/request-context.ts';
import type { Access } from './access.decorators.ts';
import { accessKey } from './access.decorators.ts';
import { Unauthenticated } from './auth.errors.ts';
import { missingToken } from './access-token.strategy.ts';
import type { Principal } from './principal.ts';

/** Authenticates the caller. Every route that declares nothing else requires a valid access token (default deny). */
@Injectable()
export class AuthenticationGuard extends AuthGuard('jwt') {
  constructor(private readonly reflector: Reflector) {
    super();
  }

  override canActivate(context: ExecutionContext): boolean | Promise<boolean> | Observable<boolean> {
    return this.accessOf(context) === 'public' || super.canActivate(context);
  }

  /**
   * Called with the result of the AccessTokenStrategy; the returned principal becomes `request.user`.
   * @throws Unauthenticated, and the error of a failed database query
   */
  override handleRequest<TUser = Principal>(
    error: unknown,
    user: TUser | false,
    challenge: unknown,
    context: ExecutionContext,
  ): TUser {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- thrown by the database client, mapped by toProblem()
    if (error) throw error;
    if (user) return recordPrincipal(user);
    // AuthGuard passes undefined on as `request.user`: an anonymous caller.
    if (this.accessOf(context) === 'optional') return undefined as TUser;
    throw new Unauthenticated(challenge === missingToken ? 'missing' : 'invalid');
  }

  private accessOf(context: ExecutionContext): Access | undefined {
    return this.reflector.getAllAndOverride<Access | undefined>(accessKey, [context.getHandler(), context.getClass()]);
  }
}

/** Adds the caller to the request context, for the log line and audit events. */
function recordPrincipal<TUser>(user: TUser): TUser {
  const context = currentRequest();
  const { userId, sessionId } = user as Principal;
  if (context) Object.assign(context, { principalId: userId, sessionId });
  return user;
}
