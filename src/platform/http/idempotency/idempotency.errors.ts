import { Problem } from '../problem/problem.ts';
import { problemKind } from '../problem/problem-kind.ts';

/** The Idempotency-Key header is invalid. */
export class InvalidIdempotencyKey extends Problem {
  static override readonly kind = problemKind({
    slug: 'invalid-idempotency-key',
    status: 400,
    title: 'Idempotency key is invalid',
    description:
      'The `Idempotency-Key` header is empty, longer than 255 characters, sent more than once, or neither a quoted ' +
      'string (RFC 9651) nor made of `A–Z a–z 0–9 . _ ~ : + / = -`. The request was not executed.',
    resolution: 'Send one key, such as a UUID, and the same key when you repeat the request.',
  });

  constructor(detail: string) {
    super({ detail, errors: [{ header: 'Idempotency-Key', code: 'idempotency_key', detail }] });
  }
}

/** The operation requires an Idempotency-Key. */
export class IdempotencyKeyRequired extends Problem {
  static override readonly kind = problemKind({
    slug: 'idempotency-key-required',
    status: 400,
    title: 'Idempotency key is required',
    description: 'This operation requires an `Idempotency-Key`, and the request has none. It was not executed.',
    resolution: 'Send a new key with each new request, and the same key when you repeat a request.',
  });
}

/** The first request with this key is still in progress. */
export class IdempotencyInProgress extends Problem {
  static override readonly kind = problemKind({
    slug: 'idempotency-in-progress',
    status: 409,
    title: 'Request with this key is in progress',
    description: 'A request with the same `Idempotency-Key` is in progress. This request was not executed.',
    resolution:
      'Repeat the request with the same key after the seconds in `Retry-After` to receive the response of the first one.',
  });

  constructor() {
    super({ headers: { 'Retry-After': '1' } });
  }
}

/** The key was used for another request. */
export class IdempotencyKeyReused extends Problem {
  static override readonly kind = problemKind({
    slug: 'idempotency-key-reused',
    status: 422,
    title: 'Idempotency key was used for another request',
    description:
      'You sent this `Idempotency-Key` with another method, path, query or body within the last 24 hours. The request ' +
      'was not executed.',
    resolution: 'Send a new key with each new request; repeat a request without any change.',
  });
}
