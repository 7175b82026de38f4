import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';

/** What a route does about idempotency keys; unsafe API routes that say nothing take them. */
export type Idempotency = 'ignored' | 'required';

export const idempotencyKey = 'plinth:idempotency';
export const idempotencyScopeKey = 'plinth:idempotency-scope';
export const preparesOutsideKey = 'plinth:prepares-outside';

/** The rest of a request whose long work is done: what belongs in a transaction. It may run more than once. */
export type Finish<T = unknown> = () => Promise<T>;

/** How the document learns what an operation does about keys. */
export const idempotencyExtension = 'x-plinth-idempotency';

/**
 * The header is not looked at: for replies that carry a secret, which must not be stored, for those that are constant by
 * design, and for work outside of the database, which must not happen in a transaction.
 */
export const IgnoresIdempotencyKey = (): MethodDecorator & ClassDecorator => idempotency('ignored');

/** Nobody may call this without a key. */
export const RequiresIdempotencyKey = (): MethodDecorator & ClassDecorator => idempotency('required');

/** Keys belong to whoever sends this member of the body, a token: for routes that know no caller. */
export const IdempotentPerToken = (member: string): MethodDecorator => SetMetadata(idempotencyScopeKey, member);

/**
 * The handler has long work, such as a hash, to do ahead of its writes: it runs outside of any transaction and returns
 * the function that does the rest within one, and whose result is the reply.
 */
export const PreparesOutside =
  () =>
  <Handler extends (...given: never[]) => Promise<Finish>>(
    target: object,
    name: string | symbol,
    handler: TypedPropertyDescriptor<Handler>,
  ): void => {
    SetMetadata(preparesOutsideKey, true)(target, name, handler);
  };

function idempotency(value: Idempotency): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(idempotencyKey, value), ApiExtension(idempotencyExtension, value));
}
