import { Problem } from './problem.ts';
import { problemKind } from './problem-kind.ts';

/** The request can't be read as HTTP, or its target can't be decoded. */
export class RequestMalformed extends Problem {
  static override readonly kind = problemKind({
    slug: 'request-malformed',
    status: 400,
    title: 'Request is malformed',
    meaning: 'The request line, a header or a percent-escape in the path could not be read.',
    remedy: 'Send well-formed HTTP; percent-encode paths as UTF-8.',
  });
}

/** The body is not what its media type promises. */
export class BodyMalformed extends Problem {
  static override readonly kind = problemKind({
    slug: 'body-malformed',
    status: 400,
    title: 'Body is malformed',
    meaning:
      'The body is not JSON in UTF-8, is empty although one is needed, repeats a member, uses a forbidden member name or is nested deeper than 32 levels.',
    remedy: 'Send one well-formed JSON value; name each member once.',
  });
}

/** The same of a body that is empty, or was not sent, where the route needs one. */
export class BodyMissing extends BodyMalformed {
  constructor() {
    super({ detail: 'The body is empty.' });
  }
}

/** A query parameter is unknown, repeated or has an impossible value. */
export class ParameterInvalid extends Problem {
  static override readonly kind = problemKind({
    slug: 'parameter-invalid',
    status: 400,
    title: 'Query parameter is invalid',
    meaning: 'A query parameter is not known here, was sent more than once, or has a value outside its range.',
    remedy: 'Correct what `errors` names; the document lists the parameters and their ranges.',
  });
}

/** Nothing is at this path. */
export class RouteNotFound extends Problem {
  static override readonly kind = problemKind({
    slug: 'not-found',
    status: 404,
    title: 'Not found',
    meaning: 'There is nothing at this address, or nothing that you may know of.',
    remedy: 'Check the path and the id.',
  });
}

/** The path is known, the method is not offered there. */
export class MethodNotAllowed extends Problem {
  static override readonly kind = problemKind({
    slug: 'method-not-allowed',
    status: 405,
    title: 'Method is not allowed',
    meaning: 'The address exists but does not offer this method.',
    remedy: 'Use one of the methods in the `Allow` header.',
  });
}

/** The client took too long to send its request. */
export class RequestTimedOut extends Problem {
  static override readonly kind = problemKind({
    slug: 'request-timeout',
    status: 408,
    title: 'Request timed out',
    meaning: 'The request did not arrive in full within the time limit.',
    remedy: 'Send it again on a new connection.',
  });
}

/** The body is larger than the route accepts. */
export class BodyTooLarge extends Problem {
  static override readonly kind = problemKind({
    slug: 'body-too-large',
    status: 413,
    title: 'Body is too large',
    meaning: 'The body is larger than this route accepts: 256 KiB unless its description says otherwise.',
    remedy: 'Send less at a time.',
  });
}

/** The request target is too long. */
export class TargetTooLong extends Problem {
  static override readonly kind = problemKind({
    slug: 'target-too-long',
    status: 414,
    title: 'Request target is too long',
    meaning: 'Path and query together exceed 4,096 bytes, or one path segment exceeds its limit.',
    remedy: 'Shorten the address; send long values in a body.',
  });
}

/** The body's media type is not accepted. */
export class MediaTypeUnsupported extends Problem {
  static override readonly kind = problemKind({
    slug: 'media-type-unsupported',
    status: 415,
    title: 'Media type is not supported',
    meaning: 'The Content-Type is missing, malformed or not one that this route reads.',
    remedy: 'Send `Content-Type: application/json`.',
  });
}

/** The Expect header asks for what the service does not do. */
export class ExpectationFailed extends Problem {
  static override readonly kind = problemKind({
    slug: 'expectation-failed',
    status: 417,
    title: 'Expectation failed',
    meaning: 'The Expect header holds something other than 100-continue.',
    remedy: 'Leave the header out.',
  });
}

/** The body was read and is not valid. */
export class ValidationFailed extends Problem {
  static override readonly kind = problemKind({
    slug: 'validation-failed',
    status: 422,
    title: 'Validation failed',
    meaning: 'The body is well-formed, but members of it are missing, unknown or not valid.',
    remedy: 'Correct every member that `errors` points at; nothing was changed.',
  });
}

/** The headers are larger than the server reads. */
export class HeadersTooLarge extends Problem {
  static override readonly kind = problemKind({
    slug: 'headers-too-large',
    status: 431,
    title: 'Headers are too large',
    meaning: 'Request line and headers together exceed 16 KiB.',
    remedy: 'Send fewer or smaller headers.',
  });
}

/** A bug: the details are in the log under the request id. */
export class InternalError extends Problem {
  static override readonly kind = problemKind({
    slug: 'internal-error',
    status: 500,
    title: 'Internal error',
    meaning: 'Something went wrong that is not the fault of the request. It has been logged under the request id.',
    remedy: 'Try again later; when reporting it, name the `instance`.',
  });
}

/** The request conflicted with others that ran at the same time, every time it was tried. */
export class ConcurrentChange extends Problem {
  static override readonly kind = problemKind({
    slug: 'concurrent-change',
    status: 409,
    title: 'Conflict with a concurrent change',
    meaning: 'Other requests changed the same data at the same time. Nothing was changed by this one.',
    remedy: 'Send it again after the seconds in `Retry-After`.',
  });
}

/** What is written already exists. */
export class AlreadyExists extends Problem {
  static override readonly kind = problemKind({
    slug: 'already-exists',
    status: 409,
    title: 'Already exists',
    meaning: 'Something with the same unique value exists; `errors` names the member where it is known.',
    remedy: 'Choose another value or change what exists.',
  });
}

/** What was to be deleted or changed is still referred to. */
export class StillReferenced extends Problem {
  static override readonly kind = problemKind({
    slug: 'still-referenced',
    status: 409,
    title: 'Still referenced',
    meaning: 'Something else refers to this, so it can not be deleted or change its identity. Nothing was changed.',
    remedy: 'Delete or change what refers to it first.',
  });
}

/** Something the service depends on does not answer. */
export class ServiceUnavailable extends Problem {
  static override readonly kind = problemKind({
    slug: 'service-unavailable',
    status: 503,
    title: 'Service is unavailable',
    meaning: 'The database does not answer, or not in time, or the service is too busy to take the request now.',
    remedy: 'Send it again after the seconds in `Retry-After`; a change with the same `Idempotency-Key`.',
  });
}
