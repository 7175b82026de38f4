import { Problem } from '../problem/problem.ts';
import { problemKind } from '../problem/problem-kind.ts';

/** The Idempotency-Key header is not a key. */
export class IdempotencyKeyInvalid extends Problem {
  static override readonly kind = problemKind({
    slug: 'idempotency-key-invalid',
    status: 400,
    title: 'Idempotency key is invalid',
    meaning:
      'The `Idempotency-Key` header is empty, longer than 255 characters, sent twice, or neither a quoted string (RFC 9651) nor made of `A–Z a–z 0–9 . _ ~ : + / = -`. Nothing was done.',
    remedy: 'Send one key, such as a UUID, and the same one again when you repeat the request.',
  });

  constructor(detail: string) {
    super({ detail, errors: [{ header: 'Idempotency-Key', code: 'idempotency_key', detail }] });
  }
}

/** This operation is done under a key only. */
export class IdempotencyKeyRequired extends Problem {
  static override readonly kind = problemKind({
    slug: 'idempotency-key-required',
    status: 400,
    title: 'Idempotency key is required',
    meaning: 'This operation must be safe to repeat, and the request has no `Idempotency-Key`. Nothing was done.',
    remedy: 'Send a new key with each new request, and the same key again when you repeat one.',
  });
}

/** The first request with this key has not been answered yet. */
export class IdempotencyInProgress extends Problem {
  static override readonly kind = problemKind({
    slug: 'idempotency-in-progress',
    status: 409,
    title: 'The first request is still running',
    meaning: 'A request with the same `Idempotency-Key` is being processed. This one was not.',
    remedy:
      'Send it again, with the same key, after the seconds in `Retry-After`: the answer is then that of the first.',
  });

  constructor() {
    super({ headers: { 'Retry-After': '1' } });
  }
}

/** The key belongs to another request. */
export class IdempotencyKeyReused extends Problem {
  static override readonly kind = problemKind({
    slug: 'idempotency-key-reused',
    status: 422,
    title: 'Idempotency key belongs to another request',
    meaning:
      'You have sent this `Idempotency-Key` with another method, path, query or body within the last 24 hours. Nothing was done.',
    remedy: 'Send a new key with each new request; repeat a request exactly as it was.',
  });
}
