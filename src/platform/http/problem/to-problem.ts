import { HttpException } from '@nestjs/common';
import { classifyDatabaseError } from '../../database/database-errors.ts';
import { AlreadyExists, ConcurrentChange, StillReferenced } from './database.errors.ts';
import {
  MalformedJson,
  ContentTooLarge,
  ExpectationFailed,
  RequestHeaderFieldsTooLarge,
  InternalError,
  UnsupportedMediaType,
  BadRequest,
  RequestTimeout,
  RouteNotFound,
  ServiceUnavailable,
  UriTooLong,
  ValidationFailed,
} from './http.errors.ts';
import { fromNestException } from './nest-exceptions.ts';
import type { ProblemOptions } from './problem.ts';
import { Problem } from './problem.ts';

const retryAfter = { 'Retry-After': '1' };

/** Maps a thrown value to a problem. An unexpected one becomes a bare InternalError with the value as its cause. */
export function toProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  return fromFramework(thrown) ?? fromDatabase(thrown) ?? new InternalError({ cause: thrown });
}

/** Maps errors of Fastify and Nest by their code and status. */
function fromFramework(thrown: unknown): Problem | undefined {
  const code = frameworkCode(thrown);
  if (code !== undefined && /^FST_ERR_CTP_(INVALID_JSON_BODY|EMPTY_JSON_BODY|INVALID_CONTENT_LENGTH)$/.test(code)) {
    return new MalformedJson({ detail: 'The body could not be read.', cause: thrown });
  }
  if (code?.startsWith('FST_') === true) return fromStatus(statusOf(thrown), thrown);
  if (!(thrown instanceof HttpException)) return undefined;
  return fromNestException(thrown) ?? fromStatus(thrown.getStatus(), thrown);
}

/** Maps the status that a library chose. */
function fromStatus(status: number, cause: unknown): Problem | undefined {
  switch (status) {
    case 400:
      return new BadRequest({ cause });
    case 404:
      return new RouteNotFound({ cause });
    case 408:
      return new RequestTimeout({ cause });
    case 413:
      return new ContentTooLarge({ cause });
    case 414:
      return new UriTooLong({ cause });
    case 415:
      return new UnsupportedMediaType({ cause });
    case 417:
      return new ExpectationFailed({ cause });
    case 431:
      return new RequestHeaderFieldsTooLarge({ cause });
    case 503:
      return new ServiceUnavailable({ headers: retryAfter, cause });
    case 403:
      // @fastify/static refuses paths outside its root; 404 does not disclose whether a file exists there.
      return new RouteNotFound({ cause });
    default:
      return status >= 400 && status < 500 ? new BadRequest({ cause }) : undefined;
  }
}

function fromDatabase(thrown: unknown): Problem | undefined {
  const failure = classifyDatabaseError(thrown);
  switch (failure?.kind) {
    case 'unavailable':
      return new ServiceUnavailable({ headers: retryAfter, cause: thrown });
    case 'conflict':
      return new ConcurrentChange({ headers: retryAfter, cause: thrown });
    case 'unique':
      return new AlreadyExists({ cause: thrown, ...located(failure, 'already_exists', 'already exists') });
    case 'reference':
      if (failure.stillReferenced) return new StillReferenced({ cause: thrown });
      return new ValidationFailed({ cause: thrown, ...located(failure, 'not_found', 'does not exist') });
    case 'invalid-value':
      return new ValidationFailed({
        detail: 'A value is outside the range that can be stored.',
        cause: thrown,
        ...located(failure, 'invalid_value', 'cannot be stored'),
      });
    case undefined:
      return undefined;
  }
}

/** Points at the body members that correspond to the columns, if the columns are known. */
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
