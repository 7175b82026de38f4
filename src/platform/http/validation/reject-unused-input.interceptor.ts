import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { BodyMissing, InvalidParameter, ValidationFailed } from '../problem/http.errors.ts';
import { maxErrors } from '../problem/problem.ts';
import { isApiRoute } from '../server/request-target.ts';
import { parameterName } from './strict-validation.pipe.ts';

/** Which input a handler reads. */
interface InputUse {
  readonly query: boolean;
  readonly body: boolean;
}

/** Methods that require a body. A POST may omit it if its DTO has no required member. */
const bodyMethods = new Set(['PATCH', 'PUT']);

/** Rejects query parameters and bodies on API routes that read none; the DTOs of the others do so themselves. */
@Injectable()
export class RejectUnusedInputInterceptor implements NestInterceptor {
  private readonly inputUses = new WeakMap<object, InputUse>();

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (isApiRoute(request.routeOptions.url)) this.check(request, this.readsOf(context));
    return next.handle();
  }

  private check(request: FastifyRequest, reads: InputUse): void {
    const parameters = reads.query ? [] : Object.keys(request.query as object);
    if (parameters.length > 0) {
      throw new InvalidParameter({
        errors: parameters.slice(0, maxErrors).map((parameter) => ({
          parameter: parameterName(parameter),
          code: 'unknown_parameter',
          detail: 'is unknown',
        })),
      });
    }
    if (reads.body && request.body === undefined && bodyMethods.has(request.method)) throw new BodyMissing();
    if (reads.body || isEmpty(request.body)) return;
    throw new ValidationFailed({
      detail: 'This operation takes no body.',
      errors: [{ pointer: '#', code: 'unknown_member', detail: 'is not accepted' }],
    });
  }

  private readsOf(context: ExecutionContext): InputUse {
    const handler = context.getHandler();
    const cached = this.inputUses.get(handler);
    if (cached !== undefined) return cached;
    const metadata: unknown = Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), handler.name);
    const kinds = Object.keys(metadata ?? {}).map((key) => Number(key.split(':')[0]));
    const reads = {
      query: kinds.includes(RouteParamtypes.QUERY),
      body: kinds.includes(RouteParamtypes.BODY),
    };
    this.inputUses.set(handler, reads);
    return reads;
  }
}

/** No body, or the empty object that some clients always send. */
function isEmpty(body: unknown): boolean {
  if (body === undefined) return true;
  return typeof body === 'object' && body !== null && Object.keys(body).length === 0 && !Array.isArray(body);
}
