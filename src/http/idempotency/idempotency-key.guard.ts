import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { AuthenticatedRequest } from '../auth/principal.ts';
import type { Idempotency } from './idempotency.decorators.ts';
import { idempotencyKey } from './idempotency.decorators.ts';
import { IdempotencyKeyInvalid, IdempotencyKeyRequired } from './idempotency.errors.ts';
import { parseIdempotencyKey } from './idempotency-key.ts';

/** The request behind this guard: with its key, when it has one that counts. */
export interface KeyedRequest extends AuthenticatedRequest {
  idempotencyKey?: string;
}

const header = 'idempotency-key';
const unsafe = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** Reads the key of unsafe API requests, ahead of everything that costs anything. */
@Injectable()
export class IdempotencyKeyGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  /** @throws IdempotencyKeyInvalid, IdempotencyKeyRequired */
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<KeyedRequest>();
    if (!unsafe.has(request.method) || request.routeOptions.url?.startsWith('/v') !== true) return true;
    const handling = this.reflector.getAllAndOverride<Idempotency | undefined>(idempotencyKey, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (handling === 'ignored') return true;
    const [value, ...more] = valuesIn(request.raw.rawHeaders);
    if (more.length > 0) throw new IdempotencyKeyInvalid('stands twice');
    if (value !== undefined) request.idempotencyKey = parseIdempotencyKey(value);
    else if (handling === 'required') throw new IdempotencyKeyRequired();
    return true;
  }
}

/** Node joins repeated headers with commas, which a quoted key may contain. */
function valuesIn(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === header);
}
