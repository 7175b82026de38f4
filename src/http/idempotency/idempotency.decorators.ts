import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';

/** What a route does about idempotency keys; unsafe API routes that say nothing take them. */
export type Idempotency = 'ignored' | 'required';

export const idempotencyKey = 'plinth:idempotency';
export const idempotencyScopeKey = 'plinth:idempotency-scope';

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

function idempotency(value: Idempotency): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(idempotencyKey, value), ApiExtension(idempotencyExtension, value));
}
