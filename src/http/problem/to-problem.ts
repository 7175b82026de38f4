import { HttpException } from '@nestjs/common';
import { databaseFailure } from '../../database/database-errors.ts';
import {
  AlreadyExists,
  BodyMalformed,
  BodyTooLarge,
  ConcurrentChange,
  ExpectationFailed,
  HeadersTooLarge,
  InternalError,
  MediaTypeUnsupported,
  RequestMalformed,
  RequestTimedOut,
  RouteNotFound,
  ServiceUnavailable,
  StillReferenced,
  TargetTooLong,
  ValidationFailed,
} from './edge.errors.ts';
import type { ProblemOptions } from './problem.ts';
import { Problem } from './problem.ts';

const retryAfter = { 'Retry-After': '1' };

/** The problem that answers a thrown value. What nobody foresaw becomes a bare InternalError with the value as cause. */
export function toProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  return fromFramework(thrown) ?? fromDatabase(thrown) ?? new InternalError({ cause: thrown });
}

/** Fastify's and Nest's own refusals, by their code and status. */
function fromFramework(thrown: unknown): Problem | undefined {
  const code = frameworkCode(thrown);
  if (code !== undefined && /^FST_ERR_CTP_(INVALID_JSON_BODY|EMPTY_JSON_BODY|INVALID_CONTENT_LENGTH)$/.test(code)) {
    return new BodyMalformed({ detail: 'The body could not be read.', cause: thrown });
  }
  if (!(thrown instanceof HttpException) && code?.startsWith('FST_') !== true) return undefined;
  return fromStatus(statusOf(thrown), thrown);
}

/** The problem for a status that a library chose. */
function fromStatus(status: number, cause: unknown): Problem | undefined {
  switch (status) {
    case 400:
      return new RequestMalformed({ cause });
    case 404:
      return new RouteNotFound({ cause });
    case 408:
      return new RequestTimedOut({ cause });
    case 413:
      return new BodyTooLarge({ cause });
    case 414:
      return new TargetTooLong({ cause });
    case 415:
      return new MediaTypeUnsupported({ cause });
    case 417:
      return new ExpectationFailed({ cause });
    case 431:
      return new HeadersTooLarge({ cause });
    case 503:
      return new ServiceUnavailable({ headers: retryAfter, cause });
    case 403:
      // A library's own refusal, such as a path that leaves its folder: there is nothing to see.
      return new RouteNotFound({ cause });
    default:
      return status >= 400 && status < 500 ? new RequestMalformed({ cause }) : undefined;
  }
}

function fromDatabase(thrown: unknown): Problem | undefined {
  const failure = databaseFailure(thrown);
  switch (failure?.kind) {
    case 'unavailable':
      return new ServiceUnavailable({ headers: retryAfter, cause: thrown });
    case 'conflict':
      return new ConcurrentChange({ headers: retryAfter, cause: thrown });
    case 'unique':
      return new AlreadyExists({ cause: thrown, ...located(failure, 'already_exists', 'is taken') });
    case 'reference':
      if (failure.stillReferenced) return new StillReferenced({ cause: thrown });
      return new ValidationFailed({ cause: thrown, ...located(failure, 'not_found', 'refers to nothing') });
    case 'unstorable':
      return new ValidationFailed({
        detail: 'A value is outside of what can be stored.',
        cause: thrown,
        ...located(failure, 'unstorable', 'can not be stored'),
      });
    case undefined:
      return undefined;
  }
}

/** Points at the members that columns stand for, where columns are known. */
function located(
  { columns }: { readonly columns: readonly string[] },
  code: string,
  detail: string,
): Pick<ProblemOptions, 'errors'> {
  if (columns.length === 0) return {};
  return { errors: columns.map((column) => ({ pointer: `#/${camelCase(column)}`, code, detail })) };
}

/** Nest wraps Fastify's errors: the code is on the error or on its cause. */
function frameworkCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  if ('code' in thrown && typeof thrown.code === 'string') return thrown.code;
  return thrown.cause === undefined ? undefined : frameworkCode(thrown.cause);
}

function statusOf(thrown: unknown): number {
  if (thrown instanceof HttpException) return thrown.getStatus();
  if (thrown instanceof Error && 'statusCode' in thrown) return Number(thrown.statusCode);
  return 500;
}

function camelCase(column: string): string {
  return column.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
