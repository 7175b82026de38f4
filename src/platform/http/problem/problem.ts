import type { Links } from '../../config/links.ts';
import type { LocatedError } from '../../validation/error-pointers.ts';
import { toJsonPointers } from '../../validation/error-pointers.ts';
import type { ProblemKind } from './problem-kind.ts';
import { problemCode, problemType } from './problem-kind.ts';

/** One violation in the input, located by exactly one of pointer, parameter and header. */
export interface InputError {
  /** JSON Pointer into the body as a URI fragment (RFC 6901 §6): `#/items/3/name`. */
  readonly pointer?: string;
  /** Name of the query parameter. */
  readonly parameter?: string;
  /** Name of the header. */
  readonly header?: string;
  readonly code: string;
  readonly detail: string;
}

export interface ProblemOptions extends ErrorOptions {
  readonly detail?: string;
  readonly errors?: readonly InputError[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Headers to remove from the response. */
  readonly withoutHeaders?: readonly string[];
  /** Extension members of the body (RFC 9457 §3.2). */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** An expected failure, returned as application/problem+json (RFC 9457). Subclasses declare their kind. */
export abstract class Problem extends Error {
  declare static readonly kind: ProblemKind;

  readonly options: ProblemOptions;

  constructor(options: ProblemOptions = {}) {
    super(options.detail, options);
    this.options = options;
    this.name = new.target.name;
  }

  get kind(): ProblemKind {
    return (this.constructor as typeof Problem).kind;
  }

  /** Fastify reads it when a parser or hook throws. */
  get statusCode(): number {
    return this.kind.status;
  }
}

/** The request that a problem is returned for. */
interface ProblemRequest {
  readonly requestId: string;
  readonly traceId?: string | undefined;
}

/** The body of the response to this request. */
export function problemBody(problem: Problem, request: ProblemRequest, links: Links): Record<string, unknown> {
  const { detail, errors, members } = problem.options;
  return {
    type: links.path(problemType(problem.kind)),
    title: problem.kind.title,
    status: problem.kind.status,
    ...(detail === undefined ? {} : { detail }),
    instance: `urn:request:${request.requestId}`,
    ...(request.traceId === undefined ? {} : { traceId: request.traceId }),
    code: problemCode(problem.kind),
    ...(errors === undefined ? {} : { errors }),
    ...members,
  };
}

/** A `Problem` class itself, as `@Fails` takes it. */
export interface ProblemClass {
  readonly kind: ProblemKind;
}

/** A response contains at most this many violations. */
export const maxErrors = 100;

/** The options of a ValidationFailed for these violations in a body. */
export function invalidMembers(violations: readonly LocatedError[]): ProblemOptions {
  const errors = violations.map(toJsonPointers);
  const count = new Set(errors.map(({ pointer }) => pointer)).size;
  return {
    detail: count === 1 ? '1 member is invalid' : `${count} members are invalid`,
    errors: errors.slice(0, maxErrors),
  };
}
