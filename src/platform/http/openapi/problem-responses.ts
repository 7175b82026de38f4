import type { OpenAPIObject } from '@nestjs/swagger';
import type { Links } from '../../config/links.ts';
import { Forbidden, MfaEnrolmentRequired, ReauthenticationRequired, Unauthenticated } from '../auth/auth.errors.ts';
import { IdempotencyInProgress } from '../idempotency/idempotency.errors.ts';
import { TooManyRequests } from '../overload/rate-limit.errors.ts';
import { ConcurrentChange } from '../problem/database.errors.ts';
import {
  MalformedJson,
  ContentTooLarge,
  InternalError,
  UnsupportedMediaType,
  InvalidParameter,
  BadRequest,
  NotFound,
  ServerOverloaded,
  ServiceUnavailable,
  UriTooLong,
  ValidationFailed,
} from '../problem/http.errors.ts';
import type { ProblemKind } from '../problem/problem-kind.ts';
import { findProblemKind, problemCode, problemType } from '../problem/problem-kind.ts';
import { problemName, problemReference } from './problem-schema.ts';
import { ownResponseName, responseName } from './response-name.ts';
import type { ResponseHeader } from '../server/response-headers.ts';
import { commonHeaders, headersOf } from '../server/response-headers.ts';

/** The example of `errors` for the kinds that have it. */
const errorExamples = new Map<ProblemKind, object>([
  [ValidationFailed.kind, { pointer: '#/email', code: 'is_email', detail: 'must be an email address' }],
  [InvalidParameter.kind, { parameter: 'limit', code: 'max', detail: 'must be a whole number from 1 to 100' }],
]);

/** The properties of an operation from which its common problems are derived. */
export interface OperationShape {
  readonly operationId: string;
  /** Below the version prefix. */
  readonly api: boolean;
  /** Anything but GET: it may receive a body. */
  readonly unsafe: boolean;
  /** Whether it may conflict with a concurrent change. */
  readonly changes: boolean;
  readonly authenticated: boolean;
  readonly permissions: boolean;
  /** Whether API keys may call it. */
  readonly apiKeys: boolean;
  /** Whether a caller may lack a second factor that a role requires. */
  readonly missingMfa: boolean;
  /** Whether it may require a recent authentication. */
  readonly stepUp: boolean;
  readonly pathId: boolean;
  /** Whether it accepts an idempotency key. */
  readonly key: 'none' | 'optional' | 'required';
  /** Slugs of the problems that idempotency keys add. */
  readonly keyed: readonly string[];
  /** Slugs that `@Fails` names. */
  readonly fails: readonly string[];
}

type Components = NonNullable<OpenAPIObject['components']>;

/** The components that problem responses reference. */
export interface Failures {
  /** Shared responses by name. */
  readonly responses: NonNullable<Components['responses']>;
  /** The kinds of problem in these responses. */
  readonly kinds: Set<ProblemKind>;
}

/**
 * The `responses` of an operation for its problems, by status. Operations with the same problems for a status share a
 * named response.
 */
export function problemResponses(
  shape: OperationShape,
  { responses, kinds }: Failures,
): Record<string, { $ref: string }> {
  const common = new Set([...commonOf(shape), ...kindsOf(shape.keyed)]);
  const all = new Set([...common, ...kindsOf(shape.fails)]);
  const sorted = [...all].sort((a, b) => a.status - b.status || (a.slug < b.slug ? -1 : 1));
  return Object.fromEntries(
    [...Map.groupBy(sorted, ({ status }) => status)].map(([status, possible]) => {
      for (const kind of possible) kinds.add(kind);
      const described = response(possible);
      const shared = responseName(shape, { status, possible, common });
      const name = isFree(shared, described, responses) ? shared : ownResponseName(shape, status);
      responses[name] = described;
      return [String(status), { $ref: `#/components/responses/${name}` }];
    }),
  );
}

function isFree(name: string, described: object, responses: Failures['responses']): boolean {
  return responses[name] === undefined || JSON.stringify(responses[name]) === JSON.stringify(described);
}

function commonOf(shape: OperationShape): ProblemKind[] {
  return [
    ...[BadRequest, UriTooLong, InternalError],
    ...(shape.api ? [InvalidParameter, ServerOverloaded, ServiceUnavailable, TooManyRequests] : []),
    ...(shape.authenticated ? [Unauthenticated] : []),
    ...(shape.authenticated && (shape.apiKeys || !shape.missingMfa) ? [MfaEnrolmentRequired] : []),
    ...(shape.permissions || (shape.authenticated && !shape.apiKeys) ? [Forbidden] : []),
    ...(shape.stepUp ? [ReauthenticationRequired] : []),
    ...(shape.unsafe ? [MalformedJson, ContentTooLarge, UnsupportedMediaType, ValidationFailed] : []),
    ...(shape.changes ? [ConcurrentChange] : []),
    ...(shape.pathId ? [NotFound] : []),
  ].map((problem) => problem.kind);
}

function kindsOf(slugs: readonly string[]): ProblemKind[] {
  return slugs.map((slug) => findProblemKind(slug)).filter((kind) => kind !== undefined);
}

function response(kinds: readonly ProblemKind[]): Failures['responses'][string] {
  return {
    description: kinds.map((kind) => `${kind.title} (\`${kind.slug}\`)`).join('; '),
    headers: { ...headersOf(sentWith(kinds)), ...commonHeaders },
    content: {
      'application/problem+json': {
        schema: schemaOf(kinds),
        examples: Object.fromEntries(
          kinds.map((kind) => [kind.slug, { $ref: `#/components/examples/${problemName(kind)}` }]),
        ),
      },
    },
  };
}

function schemaOf(kinds: readonly ProblemKind[]): object {
  const references = kinds.map(problemReference);
  if (kinds.length === 1) return { ...references[0] };
  return {
    oneOf: references,
    discriminator: {
      propertyName: 'code',
      mapping: Object.fromEntries(kinds.map((kind) => [problemCode(kind), problemReference(kind).$ref])),
    },
  };
}

/** The `components.examples` of the document: one example for each kind of problem. */
export function problemExamples(kinds: Iterable<ProblemKind>, links: Links): NonNullable<Components['examples']> {
  return Object.fromEntries(
    [...kinds].map((kind) => [problemName(kind), { summary: kind.title, value: problemExample(kind, links) }]),
  );
}

/** The example of a problem of this kind. */
function problemExample(kind: ProblemKind, links: Links): object {
  const error = errorExamples.get(kind);
  return {
    type: links.path(problemType(kind)),
    title: kind.title,
    status: kind.status,
    instance: 'urn:request:01938c5e-7a80-7000-8000-3f2d6c1b9a04',
    code: problemCode(kind),
    ...(error === undefined ? {} : { errors: [error] }),
    ...kind.members?.example,
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
