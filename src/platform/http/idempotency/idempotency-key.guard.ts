import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { accessKey } from '../auth/access.decorators.ts';
import type { AuthenticatedRequest } from '../auth/principal.ts';
import { isApiRoute, patternOf } from '../server/request-target.ts';
import type { Route } from '../server/route-metadata.ts';
import { metadataOf, oncePerRoute } from '../server/route-metadata.ts';
import { acceptsKeys, idempotencyKey, idempotencyScopeKey } from './idempotency.decorators.ts';
import { InvalidIdempotencyKey, IdempotencyKeyRequired } from './idempotency.errors.ts';
import { parseIdempotencyKey } from './idempotency-key.ts';

/** The request after this guard, with its idempotency key if the route takes one. */
export interface KeyedRequest extends AuthenticatedRequest {
  idempotencyKey?: string;
}

const header = 'idempotency-key';
const unsafe = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** Parses the idempotency key of unsafe API requests, before authentication. */
@Injectable()
export class IdempotencyKeyGuard implements CanActivate {
  private readonly handlingOf = oncePerRoute(handlingIn);

  /** @throws InvalidIdempotencyKey, IdempotencyKeyRequired */
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<KeyedRequest>();
    if (!unsafe.has(request.method) || !isApiRoute(patternOf(request))) return true;
    const { isAccepted, isRequired } = this.handlingOf(context);
    if (!isAccepted) return true;
    const [value, ...more] = valuesIn(request.raw.rawHeaders);
    if (more.length > 0) throw new InvalidIdempotencyKey('duplicate header');
    if (value !== undefined) request.idempotencyKey = parseIdempotencyKey(value);
    else if (isRequired) throw new IdempotencyKeyRequired();
    return true;
  }
}

function handlingIn(route: Route): { isAccepted: boolean; isRequired: boolean } {
  const handling = metadataOf(idempotencyKey, route);
  const scope: unknown = Reflect.getMetadata(idempotencyScopeKey, route.handler);
  const isAccepted = acceptsKeys({ access: metadataOf(accessKey, route), handling, scope });
  return { isAccepted, isRequired: handling === 'required' };
}

/** Node joins duplicate headers with commas, which a quoted key may contain. */
function valuesIn(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === header);
}
