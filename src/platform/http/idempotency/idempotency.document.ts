import { Forbidden } from '../auth/auth.errors.ts';
import { headersOf } from '../server/response-headers.ts';
import type { ProblemClass } from '../problem/problem.ts';
import {
  IdempotencyInProgress,
  InvalidIdempotencyKey,
  IdempotencyKeyRequired,
  IdempotencyKeyReused,
} from './idempotency.errors.ts';

/** An operation that accepts idempotency keys. */
export interface KeyedOperation {
  readonly required: boolean;
  /** Whether it requires authentication: a caller may have lost a permission since the first request. */
  readonly authenticated: boolean;
}

/** The parts of an operation that are extended. */
interface Described {
  parameters?: object[];
  readonly responses: Record<string, unknown>;
}

interface Response {
  headers?: object;
  readonly content?: object;
}

/** Documents the request header and the response headers of idempotency. */
export function describeIdempotency(operation: Described, { required }: KeyedOperation): void {
  operation.parameters = [
    ...(operation.parameters ?? []),
    {
      name: 'Idempotency-Key',
      in: 'header',
      required,
      description:
        'Makes the request safe to repeat: it is executed once, and for 24 hours every request with the same key ' +
        'receives the stored response. A quoted string (RFC 9651), or the same without quotes, as in ' +
        '`8e03978e-40d5-43e8-bc93-6894a57f9324`.',
      // Without an example: Swagger UI would send the same key each time.
      schema: { type: 'string', minLength: 1, maxLength: 512, pattern: '^[\\x20-\\x7e]+$' },
    },
  ];
  for (const [status, response] of Object.entries(operation.responses)) {
    if (status.startsWith('2')) addHeaders(response as Response);
  }
}

/** The slugs of the problems that idempotency keys add. */
export function idempotencyProblems({ required, authenticated }: KeyedOperation): string[] {
  const problems: ProblemClass[] = [
    ...[InvalidIdempotencyKey, IdempotencyInProgress, IdempotencyKeyReused],
    ...(required ? [IdempotencyKeyRequired] : []),
    ...(authenticated ? [Forbidden] : []),
  ];
  return problems.map(({ kind }) => kind.slug);
}

/** A response without a body cannot be omitted. */
function addHeaders(response: Response): void {
  const names = [
    'Idempotency-Replayed',
    ...(response.content === undefined ? [] : (['Idempotency-Omitted'] as const)),
  ] as const;
  response.headers = { ...response.headers, ...headersOf(names) };
}
