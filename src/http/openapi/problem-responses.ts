import type { OpenAPIObject } from '@nestjs/swagger';
import { Forbidden, Unauthenticated } from '../auth/auth.errors.ts';
import { IdempotencyInProgress } from '../idempotency/idempotency.errors.ts';
import { TooManyRequests } from '../throttling/throttling.errors.ts';
import {
  BodyMalformed,
  BodyTooLarge,
  ConcurrentChange,
  InternalError,
  MediaTypeUnsupported,
  ParameterInvalid,
  RequestMalformed,
  RouteNotFound,
  ServiceUnavailable,
  TargetTooLong,
  ValidationFailed,
} from '../problem/edge.errors.ts';
import type { ProblemKind } from '../problem/problem-kind.ts';
import { findProblemKind, problemCode, problemType } from '../problem/problem-kind.ts';
import type { ResponseHeader } from './response-headers.ts';
import { commonHeaders, headersOf } from './response-headers.ts';

/** What an operation looks like from outside: it decides which problems it can answer without saying so. */
export interface OperationShape {
  /** Under the version prefix, with a database behind it. */
  readonly api: boolean;
  /** Anything but a GET: it may carry a body, if only to be refused, and may lose against a concurrent change. */
  readonly unsafe: boolean;
  readonly authenticated: boolean;
  readonly permissions: boolean;
  readonly pathId: boolean;
  /** Slugs that `@Fails` names. */
  readonly fails: readonly string[];
}

/** Responses that operations share, by name. */
export type NamedResponses = NonNullable<NonNullable<OpenAPIObject['components']>['responses']>;

/**
 * The `responses` entries for every problem the operation can answer, by status. Operations that can fail in the same
 * ways with a status share its response, which is put among the named ones.
 */
export function problemResponses(shape: OperationShape, named: NamedResponses): Record<string, { $ref: string }> {
  const byStatus = Map.groupBy(kindsOf(shape), ({ status }) => status);
  return Object.fromEntries(
    [...byStatus].map(([status, kinds]) => {
      const name = kinds.map(({ slug }) => pascalCase(slug)).join('Or');
      named[name] ??= response(kinds);
      return [String(status), { $ref: `#/components/responses/${name}` }];
    }),
  );
}

function kindsOf(shape: OperationShape): ProblemKind[] {
  const common = [
    ...[RequestMalformed, TargetTooLong, InternalError],
    ...(shape.api ? [ParameterInvalid, ServiceUnavailable, TooManyRequests] : []),
    ...(shape.authenticated ? [Unauthenticated] : []),
    ...(shape.permissions ? [Forbidden] : []),
    ...(shape.unsafe ? [BodyMalformed, BodyTooLarge, ConcurrentChange, MediaTypeUnsupported, ValidationFailed] : []),
    ...(shape.pathId ? [RouteNotFound] : []),
  ].map((problem) => problem.kind);
  const own = shape.fails.map((slug) => findProblemKind(slug)).filter((kind) => kind !== undefined);
  return [...new Set([...common, ...own])].sort((a, b) => a.status - b.status || (a.slug < b.slug ? -1 : 1));
}

function response(kinds: readonly ProblemKind[]): NamedResponses[string] {
  return {
    description: kinds.map((kind) => `${kind.title} (\`${kind.slug}\`)`).join('; '),
    headers: { ...headersOf(sentWith(kinds)), ...commonHeaders },
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(kinds.map((kind) => [kind.slug, { summary: kind.title, value: example(kind) }])),
      },
    },
  };
}

function sentWith(kinds: readonly ProblemKind[]): ResponseHeader[] {
  const [status] = kinds.map((kind) => kind.status);
  if (status === 401) return ['WWW-Authenticate'];
  if (status === 429) return ['Retry-After', 'RateLimit', 'RateLimit-Policy'];
  return status === 503 || kinds.some((kind) => kind === ConcurrentChange.kind || kind === IdempotencyInProgress.kind)
    ? ['Retry-After']
    : [];
}

function example(kind: ProblemKind): object {
  return {
    type: problemType(kind),
    title: kind.title,
    status: kind.status,
    instance: 'urn:request:01938c5e-7a80-7000-8000-3f2d6c1b9a04',
    code: problemCode(kind),
    ...(kind === ValidationFailed.kind
      ? { errors: [{ pointer: '#/email', code: 'is_email', detail: 'must be an e-mail address' }] }
      : {}),
    ...(kind === ParameterInvalid.kind
      ? { errors: [{ parameter: 'limit', code: 'max', detail: 'must be a whole number from 1 to 100' }] }
      : {}),
    ...kind.members?.example,
  };
}

function pascalCase(slug: string): string {
  return slug.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
