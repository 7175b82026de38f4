import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { ParameterInvalid, ValidationFailed } from '../problem/edge.errors.ts';
import { errorsMax } from '../problem/invalid-members.ts';
import { parameterName } from './parameter-name.ts';

/** What a handler reads; everything else that a client sends is refused rather than dropped in silence. */
interface Reads {
  readonly query: boolean;
  readonly body: boolean;
}

/**
 * Refuses query parameters and bodies on API routes that read none, and a PATCH without a body, which says nothing.
 * Otherwise routes that read some leave it to their DTO.
 */
@Injectable()
export class UnreadInputInterceptor implements NestInterceptor {
  private readonly known = new WeakMap<object, Reads>();

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (request.routeOptions.url?.startsWith('/v') === true) this.check(request, this.readsOf(context));
    return next.handle();
  }

  private check(request: FastifyRequest, reads: Reads): void {
    const parameters = reads.query ? [] : Object.keys(request.query as object);
    if (parameters.length > 0) {
      throw new ParameterInvalid({
        errors: parameters.slice(0, errorsMax).map((parameter) => ({
          parameter: parameterName(parameter),
          code: 'unknown_parameter',
          detail: 'is not known here',
        })),
      });
    }
    if (reads.body && request.method === 'PATCH' && request.body === undefined) {
      throw new ValidationFailed({
        detail: 'This route needs a body.',
        errors: [{ pointer: '#', code: 'is_object', detail: 'must be an object' }],
      });
    }
    if (reads.body || isEmpty(request.body)) return;
    throw new ValidationFailed({
      detail: 'This route takes no body.',
      errors: [{ pointer: '#', code: 'unknown_member', detail: 'is not read here' }],
    });
  }

  private readsOf(context: ExecutionContext): Reads {
    const handler = context.getHandler();
    const known = this.known.get(handler);
    if (known !== undefined) return known;
    const metadata: unknown = Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), handler.name);
    const kinds = Object.keys(metadata ?? {}).map((key) => Number(key.split(':')[0]));
    const reads = {
      query: kinds.includes(RouteParamtypes.QUERY),
      body: kinds.includes(RouteParamtypes.BODY),
    };
    this.known.set(handler, reads);
    return reads;
  }
}

/** No body, or the empty object that some clients always send. */
function isEmpty(body: unknown): boolean {
  if (body === undefined) return true;
  return typeof body === 'object' && body !== null && Object.keys(body).length === 0 && !Array.isArray(body);
}
