import { Forbidden } from '../auth/auth.errors.ts';
import { headersOf } from '../openapi/response-headers.ts';
import type { ProblemClass } from '../problem/problem.ts';
import {
  IdempotencyInProgress,
  IdempotencyKeyInvalid,
  IdempotencyKeyRequired,
  IdempotencyKeyReused,
} from './idempotency.errors.ts';

/** An operation that takes keys, or is done under one only. */
export interface KeyedOperation {
  readonly required: boolean;
  /** Whether its callers are known, and may have lost a permission since. */
  readonly authenticated: boolean;
}

/** What this file adds to. */
interface Described {
  parameters?: object[];
  readonly responses: Record<string, unknown>;
}

interface Response {
  headers?: object;
  readonly content?: object;
}

/** Describes the header that the operation takes and those that it answers. */
export function describeIdempotency(operation: Described, { required }: KeyedOperation): void {
  operation.parameters = [
    ...(operation.parameters ?? []),
    {
      name: 'Idempotency-Key',
      in: 'header',
      required,
      description:
        'Makes the request safe to repeat: within 24 hours every request with the same key is answered as the first was, ' +
        'and done once. A quoted string (RFC 9651), or the same without quotes, as in `8e03978e-40d5-43e8-bc93-6894a57f9324`.',
      // No example: Swagger UI would send the same one each time.
      schema: { type: 'string', minLength: 1, maxLength: 512, pattern: '^[\\x20-\\x7e]+$' },
    },
  ];
  for (const [status, response] of Object.entries(operation.responses)) {
    if (status.startsWith('2')) addHeaders(response as Response);
  }
}

/** The slugs of the problems that keys bring along. */
export function idempotencyProblems({ required, authenticated }: KeyedOperation): string[] {
  const problems: ProblemClass[] = [
    ...[IdempotencyKeyInvalid, IdempotencyInProgress, IdempotencyKeyReused],
    ...(required ? [IdempotencyKeyRequired] : []),
    ...(authenticated ? [Forbidden] : []),
  ];
  return problems.map(({ kind }) => kind.slug);
}

/** A reply without a body has none to leave out. */
function addHeaders(response: Response): void {
  const names = [
    'Idempotency-Replayed',
    ...(response.content === undefined ? [] : (['Idempotency-Omitted'] as const)),
  ] as const;
  response.headers = { ...response.headers, ...headersOf(names) };
}
