import { createHash } from 'node:crypto';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import type { Observable } from 'rxjs';
import { from, lastValueFrom, map } from 'rxjs';
import { rawBodyOf } from '../server/body-parsers.ts';
import { patternOf } from '../server/request-target.ts';
import { StreamedBody } from '../server/streamed-body.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Commit } from './idempotency.decorators.ts';
import { idempotencyScopeKey, prepareBeforeTransactionKey } from './idempotency.decorators.ts';
import { KeyedFingerprints } from './keyed-fingerprints.ts';
import type { KeyedRequest } from './idempotency-key.guard.ts';
import { responseCheckpoint, payloadOf } from './stored-response.ts';
import type { IdempotencyContext } from './idempotent-executor.ts';
import { IdempotentExecutor } from './idempotent-executor.ts';
import { TwoPhaseRequests } from './two-phase-requests.ts';

/** Runs a request with a key in a transaction, and replays its stored response to repetitions. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly requests: IdempotentExecutor,
    private readonly prepared: TwoPhaseRequests,
    private readonly fingerprints: KeyedFingerprints,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<KeyedRequest>();
    const scope = this.scopeOf(request, context);
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const keyed = this.contextOf(request, reply, scope);
    if (this.reflector.get<true | undefined>(prepareBeforeTransactionKey, context.getHandler()) === true) {
      const prepare = async (): Promise<Commit> => await lastValueFrom(next.handle() as Observable<Commit>);
      if (keyed === undefined) return from(this.prepared.executeWithoutKey(scope, prepare));
      return from(this.prepared.execute({ ...keyed, prepare })).pipe(map((bytes) => payloadOf(reply, bytes)));
    }
    if (keyed === undefined) return next.handle();
    const handle = async (): Promise<unknown> =>
      await lastValueFrom<unknown, undefined>(next.handle(), { defaultValue: undefined });
    return from(this.requests.execute({ ...keyed, handle })).pipe(map((bytes) => payloadOf(reply, bytes)));
  }

  /** The scope of the key: the user, or the one-time token in the body of an unauthenticated request. */
  private scopeOf({ user, body }: KeyedRequest, context: ExecutionContext): string | undefined {
    if (user !== undefined) return `user:${user.userId}`;
    const member = this.reflector.get<string | undefined>(idempotencyScopeKey, context.getHandler());
    const token = member === undefined ? undefined : (body as Record<string, unknown> | null | undefined)?.[member];
    // Validation rejects a body without its token.
    return typeof token === 'string' ? `token:${createHash('sha256').update(token).digest('hex')}` : undefined;
  }

  private contextOf(
    request: KeyedRequest,
    reply: FastifyReply,
    scope: string | undefined,
  ): IdempotencyContext | undefined {
    const key = request.idempotencyKey;
    if (key === undefined || scope === undefined) return undefined;
    return {
      id: { scope, key },
      ...this.fingerprints.of(fingerprint(request)),
      permissions: request.user?.permissions ?? [],
      reply,
      emptyResponse: responseCheckpoint(reply),
    };
  }
}

/** @throws ContentDigestRequired, InvalidContentDigest */
function fingerprint(request: KeyedRequest): Buffer {
  const { method, params, query, headers, body } = request;
  const isStreamed = body instanceof StreamedBody;
  return fingerprintOf({
    method,
    route: patternOf(request) ?? '',
    parameters: params,
    query,
    contentType: headers['content-type'],
    body: isStreamed ? undefined : body,
    bytes: isStreamed ? body.requiredDigest() : rawBodyOf(request),
  });
}
