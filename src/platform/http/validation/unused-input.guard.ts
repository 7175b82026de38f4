import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import { BodyMissing, InvalidParameter, ValidationFailed } from '../problem/http.errors.ts';
import { maxErrors } from '../problem/problem.ts';
import { isApiRoute, patternOf } from '../server/request-target.ts';
import type { Route } from '../server/route-metadata.ts';
import { oncePerRoute } from '../server/route-metadata.ts';
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
export class UnusedInputGuard implements CanActivate {
  private readonly inputUseOf = oncePerRoute(inputUseIn);

  /** @throws InvalidParameter, BodyMissing, ValidationFailed */
  canActivate(context: ExecutionContext): boolean {
    this.assertNone(context);
    return true;
  }

  private assertNone(context: ExecutionContext): void {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (!isApiRoute(patternOf(request))) return;
    const reads = this.inputUseOf(context);
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
}

function inputUseIn({ handler, controller }: Route): InputUse {
  const metadata: unknown = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, (handler as { name: string }).name);
  const kinds = Object.keys(metadata ?? {}).map((key) => Number(key.split(':')[0]));
  return {
    query: kinds.includes(RouteParamtypes.QUERY),
    body: kinds.includes(RouteParamtypes.BODY),
  };
}

/** No body, or the empty object that some clients always send. */
function isEmpty(body: unknown): boolean {
  if (body === undefined) return true;
  return typeof body === 'object' && body !== null && Object.keys(body).length === 0 && !Array.isArray(body);
}
