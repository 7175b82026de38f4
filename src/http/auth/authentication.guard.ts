import type { ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { currentRequest } from '../../logging/request-context.ts';
import type { Access } from './access.decorators.ts';
import { accessKey } from './access.decorators.ts';
import { Unauthenticated } from './auth.errors.ts';
import { AccessTokenStrategy } from './access-token.strategy.ts';
import type { AuthenticatedRequest, Principal } from './principal.ts';
import { TokenRefused } from './token-header.ts';

/** Who is calling? Every route that does not say otherwise needs a good access token (default deny). */
@Injectable()
export class AuthenticationGuard extends AuthGuard('jwt') {
  constructor(
    private readonly reflector: Reflector,
    private readonly strategy: AccessTokenStrategy,
  ) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.accessOf(context) === 'public') return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const known = await this.strategy.recognize(request);
    // Whom it does not recognize, Passport lets in or refuses.
    if (known === undefined) return (await super.canActivate(context)) as boolean;
    request.user = remember(known);
    return true;
  }

  /** Called by Passport with what the strategy found. */
  override handleRequest<TUser = Principal>(
    error: unknown,
    user: TUser | false,
    info: unknown,
    context: ExecutionContext,
  ): TUser {
    const failure = error ?? unforeseen(info);
    if (failure) throw failure as Error;
    if (user) return remember(user);
    // Nest hands an undefined user on as an anonymous caller.
    if (this.accessOf(context) === 'optional') return undefined as TUser;
    throw new Unauthenticated(isMissingToken(info) ? 'missing' : 'invalid');
  }

  private accessOf(context: ExecutionContext): Access | undefined {
    return this.reflector.getAllAndOverride<Access | undefined>(accessKey, [context.getHandler(), context.getClass()]);
  }
}

/** The log line and the audit rows name the caller. */
function remember<TUser>(user: TUser): TUser {
  const request = currentRequest();
  const principal = user as Principal;
  if (request) Object.assign(request, { principalId: principal.userId, sessionId: principal.sessionId });
  return user;
}

/** passport-jwt reports a database that is down like a bad token: only the token's own failures are refusals. */
function unforeseen(info: unknown): Error | undefined {
  if (!(info instanceof Error) || info instanceof TokenRefused || isMissingToken(info)) return undefined;
  return /^(JsonWebToken|TokenExpired|NotBefore)Error$|^SyntaxError$/.test(info.name) ? undefined : info;
}

function isMissingToken(info: unknown): boolean {
  return info instanceof Error && info.message === 'No auth token';
}
