import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Permission } from './permissions.ts';
import { Unauthenticated } from './auth.errors.ts';

/** Who is calling: a live session of an enabled user, with what they may do as of now. */
export interface Principal {
  readonly userId: string;
  readonly sessionId: string;
  readonly permissions: readonly Permission[];
}

/** The request after the guard has seen it. */
export interface AuthenticatedRequest extends FastifyRequest {
  user?: Principal;
}

/** The caller, in a handler that needs one. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { user } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (user === undefined) throw new Unauthenticated();
  return user;
});

/** The caller, if they said who they are, in a handler that serves both. */
export const MaybePrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal | undefined => {
  return context.switchToHttp().getRequest<AuthenticatedRequest>().user;
});
