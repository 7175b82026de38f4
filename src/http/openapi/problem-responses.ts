import { Forbidden, Unauthenticated } from '../auth/auth.errors.ts';
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

/** The `responses` entries for every problem the operation can answer, by status. */
export function problemResponses(shape: OperationShape): Record<string, object> {
  const byStatus = new Map<number, ProblemKind[]>();
  for (const kind of kindsOf(shape)) byStatus.set(kind.status, [...(byStatus.get(kind.status) ?? []), kind]);
  return Object.fromEntries([...byStatus].map(([status, kinds]) => [String(status), response(status, kinds)]));
}

function kindsOf(shape: OperationShape): ProblemKind[] {
  const common = [
    ...[RequestMalformed, InternalError],
    ...(shape.api ? [ParameterInvalid, ServiceUnavailable, TooManyRequests] : []),
    ...(shape.authenticated ? [Unauthenticated] : []),
    ...(shape.permissions ? [Forbidden] : []),
    ...(shape.unsafe ? [BodyMalformed, BodyTooLarge, ConcurrentChange, MediaTypeUnsupported, ValidationFailed] : []),
    ...(shape.pathId ? [RouteNotFound, TargetTooLong] : []),
  ].map((problem) => problem.kind);
  const own = shape.fails.map((slug) => findProblemKind(slug)).filter((kind) => kind !== undefined);
  return [...new Set([...common, ...own])].sort((a, b) => a.status - b.status);
}

function response(status: number, kinds: readonly ProblemKind[]): object {
  return {
    description: kinds.map((kind) => `${kind.title} (\`${kind.slug}\`)`).join('; '),
    ...headersFor(status),
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(kinds.map((kind) => [kind.slug, { summary: kind.title, value: example(kind) }])),
      },
    },
  };
}

function headersFor(status: number): object {
  if (status === 401) return { headers: { 'WWW-Authenticate': header('The scheme to authenticate with (RFC 6750).') } };
  if (status === 429)
    return { headers: { 'Retry-After': header('Seconds until the window ends.'), ...rateLimitHeaders } };
  if (status === 503) return { headers: { 'Retry-After': header('Seconds to wait before trying again.') } };
  return {};
}

/** draft-ietf-httpapi-ratelimit-headers-10; every reply of the API has them. */
export const rateLimitHeaders = {
  'RateLimit-Policy': header('How many requests are allowed in how many seconds, as in `"default";q=600;w=60`.'),
  RateLimit: header('How many are left, for how many seconds, as in `"default";r=599;t=60`.'),
};

function header(description: string): object {
  return { description, schema: { type: 'string', maxLength: 256 } };
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
  };
}
