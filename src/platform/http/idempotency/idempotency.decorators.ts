import { applyDecorators, SetMetadata } from '@nestjs/common';
import { GUARDS_METADATA } from '@nestjs/common/constants.js';
import { ApiExtension } from '@nestjs/swagger';
import type { Route } from '../server/route-metadata.ts';
import { isWrite, metadataOf } from '../server/route-metadata.ts';

/** How a route treats idempotency keys. */
type Idempotency = 'ignored' | 'required';

/** What the decorators of an unsafe API route declare. */
interface IdempotencyDeclarations {
  readonly access: unknown;
  readonly handling: unknown;
  /** The member of `@IdempotentPerToken()`. */
  readonly scope: unknown;
}

/**
 * Whether the route accepts idempotency keys. A key belongs to a user or to a one-time token: without a declaration,
 * `@Public()` and `@OptionalAuthentication()` routes ignore keys.
 */
export function acceptsKeys({ access, handling, scope }: IdempotencyDeclarations): boolean {
  if (handling === 'ignored') return false;
  return handling === 'required' || access === undefined || scope !== undefined;
}

/**
 * Whether a handler runs within the WriteInterceptor. A write that ignores keys needs it only for its preparation, and
 * behind guards of its own, which precede the check of its input: without it a request costs no observables.
 */
export function needsWriteInterceptor(route: Route): boolean {
  if (!isWrite(route.handler)) return false;
  if (Reflect.getMetadata(idempotencyKey, route.handler) !== 'ignored') return true;
  const prepares = Reflect.getMetadata(prepareBeforeTransactionKey, route.handler) === true;
  return prepares || metadataOf(GUARDS_METADATA, route) !== undefined;
}

export const idempotencyKey = 'plinth:idempotency';
export const idempotencyScopeKey = 'plinth:idempotency-scope';
export const prepareBeforeTransactionKey = 'plinth:prepares-outside';

/** The transactional part of a two-phase handler. It may run more than once. */
export type Commit<T = unknown> = () => Promise<T>;

/** Extensions that carry the treatment of keys into the OpenAPI document. */
export const idempotencyExtension = 'x-plinth-idempotency';
export const idempotencyScopeExtension = 'x-plinth-idempotency-scope';

/** Extension of operations that change nothing although their method is not safe. */
export const readsOnlyExtension = 'x-plinth-reads-only';

/**
 * The header is ignored: for responses with a secret, which must not be stored, for constant responses, and for work
 * outside the database, which must not run in a transaction.
 */
export const IgnoresIdempotencyKey = (): MethodDecorator & ClassDecorator => idempotency('ignored');

/** A POST that changes nothing: the header is ignored, and no concurrent change makes the request fail. */
export const ReadsOnly = (): MethodDecorator =>
  applyDecorators(IgnoresIdempotencyKey(), ApiExtension(readsOnlyExtension, true) as MethodDecorator);

/** The route rejects requests without a key. */
export const RequiresIdempotencyKey = (): MethodDecorator & ClassDecorator => idempotency('required');

/** For unauthenticated routes: the scope of a key is the one-time token in this member of the body. */
export const IdempotentPerToken = (member: string): MethodDecorator =>
  applyDecorators(
    SetMetadata(idempotencyScopeKey, member),
    ApiExtension(idempotencyScopeExtension, member) as MethodDecorator,
  );

/**
 * For handlers with long work, such as password hashing, before their writes. The handler runs outside a transaction
 * and returns a function that runs in one and returns the response body.
 */
export const PrepareBeforeTransaction =
  () =>
  <Handler extends (...args: never[]) => Promise<Commit>>(
    target: object,
    name: string | symbol,
    handler: TypedPropertyDescriptor<Handler>,
  ): void => {
    SetMetadata(prepareBeforeTransactionKey, true)(target, name, handler);
  };

function idempotency(value: Idempotency): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(idempotencyKey, value), ApiExtension(idempotencyExtension, value));
}
