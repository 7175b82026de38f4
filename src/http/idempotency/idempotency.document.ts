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
}

/** What this file adds to. */
interface Described {
  parameters?: object[];
  readonly responses: Record<string, unknown>;
}

/** Describes the header that the operation takes and the one that it answers. */
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
    if (status.startsWith('2')) addHeader(response as { headers?: object });
  }
}

/** The slugs of the problems that keys bring along. */
export function idempotencyProblems({ required }: KeyedOperation): string[] {
  const problems: ProblemClass[] = [IdempotencyKeyInvalid, IdempotencyInProgress, IdempotencyKeyReused];
  return [...problems, ...(required ? [IdempotencyKeyRequired] : [])].map(({ kind }) => kind.slug);
}

function addHeader(response: { headers?: object }): void {
  response.headers = { ...response.headers, ...headersOf(['Idempotency-Replayed']) };
}
