import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Permission } from './permissions.ts';
import { requestOf } from '../server/graphql-exchange.ts';
import { Unauthenticated } from './auth.errors.ts';

/** How the user of a session authenticated, from the claims of the access token. */
export interface Authentication {
  /** Seconds since 1970 (`auth_time`). */
  readonly time: number;
  /** Authentication method references (`amr`, RFC 8176). */
  readonly methods: readonly string[];
  /** Authentication context class (`acr`). */
  readonly level: 'aal1' | 'aal2';
}

/** The authenticated caller: an enabled user, by an active session or API key, with the current permissions. */
export interface Principal {
  readonly userId: string;
  /** Absent when the request was authenticated by an API key. */
  readonly sessionId?: string;
  readonly apiKeyId?: string;
  /** Those of the user; with an API key, those among its scopes. */
  readonly permissions: readonly Permission[];
  /** Absent with an API key. */
  readonly authentication?: Authentication;
  /** Whether logins of the user require a second factor; absent with an API key. */
  readonly mfaEnabled?: boolean;
  /** Whether a role of the user requires a second factor, and there is none: the user can only add one. */
  readonly mfaMissing?: boolean;
}

/** The request after authentication. */
export interface AuthenticatedRequest extends FastifyRequest {
  user?: Principal;
}

/** The caller, for handlers that require one. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext) => callerOf(context));

/**
 * The caller of a route or of a GraphQL field.
 * @throws Unauthenticated when the route allows unauthenticated clients and this is one
 */
export function callerOf(context: ExecutionContext): Principal {
  return callerOfRequest(requestOf(context));
}

/** @throws Unauthenticated when the request has no caller */
export function callerOfRequest({ user }: AuthenticatedRequest): Principal {
  if (user === undefined) throw new Unauthenticated();
  return user;
}

/** A caller with a session: on every route that accepts no API keys. */
export interface SessionCaller extends Principal {
  readonly sessionId: string;
}

/** The caller and its session, for handlers of routes that accept no API keys. */
export const CurrentSession = createParamDecorator((_: unknown, context: ExecutionContext): SessionCaller => {
  const caller = callerOf(context);
  const { sessionId } = caller;
  if (sessionId === undefined) throw new Error('A route that accepts API keys must not require a session');
  return { ...caller, sessionId };
});

/** The caller or undefined, for routes with `@OptionalAuthentication()`. */
export const MaybePrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal | undefined => {
  return context.switchToHttp().getRequest<AuthenticatedRequest>().user;
});
