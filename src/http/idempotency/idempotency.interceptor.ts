import { createHash, createHmac } from 'node:crypto';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import type { Observable } from 'rxjs';
import { from, lastValueFrom, map } from 'rxjs';
import type { ServiceConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { derivedKey } from '../../config/derived-key.ts';
import { bodyBytes } from '../server/body-bytes.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Finish } from './idempotency.decorators.ts';
import { idempotencyScopeKey, preparesOutsideKey } from './idempotency.decorators.ts';
import type { KeyedRequest } from './idempotency-key.guard.ts';
import { replyCheckpoint, sendable } from './kept-reply.ts';
import type { KeyUse } from './keyed-requests.ts';
import { KeyedRequests } from './keyed-requests.ts';
import { PreparedRequests } from './prepared-requests.ts';

/** Gives requests with a key their transaction, and the answer of the first to all that repeat it. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  private readonly secret: Uint8Array;

  constructor(
    private readonly reflector: Reflector,
    private readonly requests: KeyedRequests,
    private readonly prepared: PreparedRequests,
    @Inject(configToken('service')) { secret }: ServiceConfig,
  ) {
    if (secret === undefined) throw new Error('APP_SECRET was not read before it was used');
    this.secret = derivedKey(secret, 'idempotency fingerprints');
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<KeyedRequest>();
    const scope = this.scopeOf(request, context);
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const use = this.keyUse(request, reply, scope);
    if (this.reflector.get<true | undefined>(preparesOutsideKey, context.getHandler()) === true) {
      const prepare = async (): Promise<Finish> => await lastValueFrom(next.handle() as Observable<Finish>);
      if (use === undefined) return from(this.prepared.answerUnkeyed(scope, prepare));
      return from(this.prepared.answer({ ...use, prepare })).pipe(map((bytes) => sendable(reply, bytes)));
    }
    if (use === undefined) return next.handle();
    const handle = async (): Promise<unknown> =>
      await lastValueFrom<unknown, undefined>(next.handle(), { defaultValue: undefined });
    return from(this.requests.answer({ ...use, handle })).pipe(map((bytes) => sendable(reply, bytes)));
  }

  /** Whose key it is: the caller's, whatever their token, or that of who holds the token in the body. */
  private scopeOf({ user, body }: KeyedRequest, context: ExecutionContext): string | undefined {
    if (user !== undefined) return `user:${user.userId}`;
    const member = this.reflector.get<string | undefined>(idempotencyScopeKey, context.getHandler());
    const token = member === undefined ? undefined : (body as Record<string, unknown> | null | undefined)?.[member];
    // A body without its token is refused by validation.
    return typeof token === 'string' ? `token:${createHash('sha256').update(token).digest('hex')}` : undefined;
  }

  private keyUse(request: KeyedRequest, reply: FastifyReply, scope: string | undefined): KeyUse | undefined {
    const key = request.idempotencyKey;
    if (key === undefined || scope === undefined) return undefined;
    return {
      id: { scope, key },
      // A bare hash of a body with a password in it would be a quick way to guess that.
      fingerprint: createHmac('sha256', this.secret).update(fingerprint(request)).digest(),
      permissions: request.user?.permissions ?? [],
      reply,
      blank: replyCheckpoint(reply),
    };
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
