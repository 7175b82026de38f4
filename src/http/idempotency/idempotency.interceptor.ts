import { createHash } from 'node:crypto';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import type { Observable } from 'rxjs';
import { from, lastValueFrom } from 'rxjs';
import { bodyBytes } from '../server/body-bytes.ts';
import { fingerprintOf } from './fingerprint.ts';
import { idempotencyScopeKey } from './idempotency.decorators.ts';
import type { KeyedRequest } from './idempotency-key.guard.ts';
import { KeyedRequests } from './keyed-requests.ts';

/** Gives requests with a key their transaction, and the answer of the first to all that repeat it. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly requests: KeyedRequests,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<KeyedRequest>();
    const key = request.idempotencyKey;
    const scope = key === undefined ? undefined : this.scopeOf(request, context);
    if (key === undefined || scope === undefined) return next.handle();
    const call = {
      id: { scope, key },
      fingerprint: fingerprint(request),
      reply: context.switchToHttp().getResponse<FastifyReply>(),
      handle: async () => await lastValueFrom<unknown, undefined>(next.handle(), { defaultValue: undefined }),
    };
    return from(this.requests.answer(call));
  }

  /** Whose key it is: the caller's, whatever their token, or that of who holds the token in the body. */
  private scopeOf({ user, body }: KeyedRequest, context: ExecutionContext): string | undefined {
    if (user !== undefined) return `user:${user.userId}`;
    const member = this.reflector.get<string | undefined>(idempotencyScopeKey, context.getHandler());
    const token = member === undefined ? undefined : (body as Record<string, unknown> | null | undefined)?.[member];
    // A body without its token is refused by validation.
    return typeof token === 'string' ? `token:${createHash('sha256').update(token).digest('hex')}` : undefined;
  }
}

function fingerprint(request: KeyedRequest): Buffer {
  const { method, routeOptions, params, query, headers, body } = request;
  return fingerprintOf({
    method,
    route: routeOptions.url ?? '',
    parameters: params,
    query,
    contentType: headers['content-type'],
    body,
    bytes: bodyBytes(request),
  });
}
