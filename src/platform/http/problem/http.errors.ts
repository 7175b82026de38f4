import { randomInt } from 'node:crypto';
import { Problem } from './problem.ts';
import { problemKind } from './problem-kind.ts';

/** The request cannot be parsed as HTTP, or its target cannot be decoded. */
export class BadRequest extends Problem {
  static override readonly kind = problemKind({
    slug: 'bad-request',
    status: 400,
    title: 'Request is malformed',
    description: 'The request line, a header, a percent-encoded character in the path or an argument is malformed.',
    resolution: 'Send well-formed HTTP; percent-encode paths as UTF-8.',
  });
}

/** The body does not match its media type. */
export class MalformedJson extends Problem {
  static override readonly kind = problemKind({
    slug: 'malformed-json',
    status: 400,
    title: 'Body is malformed',
    description:
      'The body is not JSON in UTF-8, is empty although it is required, has a duplicate or forbidden member, ' +
      'or is nested deeper than 32 levels.',
    resolution: 'Send one well-formed JSON value without duplicate members.',
  });
}

/** The route requires a body and the request has none, or an empty one. */
export class BodyMissing extends MalformedJson {
  constructor() {
    super({ detail: 'The body is empty.' });
  }
}

/** A query parameter is unknown, repeated or invalid. */
export class InvalidParameter extends Problem {
  static override readonly kind = problemKind({
    slug: 'invalid-parameter',
    status: 400,
    title: 'Query parameter is invalid',
    description: 'A query parameter is unknown, was sent more than once, or has an invalid value.',
    resolution: 'Correct the parameters in `errors`; the OpenAPI document lists all parameters and their ranges.',
  });
}

/** A resource does not exist, or the caller may not know whether it exists. Features extend it for their resources. */
export class NotFound extends Problem {
  static override readonly kind = problemKind({
    slug: 'not-found',
    status: 404,
    title: 'Not found',
    description: 'No resource exists at this path, or you are not allowed to know whether one exists.',
    resolution: 'Check the path and the id.',
  });
}

/** No route matches the path. */
export class RouteNotFound extends NotFound {}

/** The path exists and does not support the method. */
export class MethodNotAllowed extends Problem {
  static override readonly kind = problemKind({
    slug: 'method-not-allowed',
    status: 405,
    title: 'Method is not allowed',
    description: 'The path exists but does not support this method.',
    resolution: 'Use one of the methods in the `Allow` header.',
  });
}

/** The request did not arrive within the time limit. */
export class RequestTimeout extends Problem {
  static override readonly kind = problemKind({
    slug: 'request-timeout',
    status: 408,
    title: 'Request timed out',
    description: 'The request was not received completely within the time limit.',
    resolution: 'Send the request again on a new connection.',
  });
}

/** The body is larger than the route accepts (RFC 9110 §15.5.14). */
export class ContentTooLarge extends Problem {
  static override readonly kind = problemKind({
    slug: 'content-too-large',
    status: 413,
    title: 'Body is too large',
    description: 'The body exceeds the limit of this operation: 256 KiB unless its description states another limit.',
    resolution: 'Send a smaller body.',
  });
}

/** The request target is too long (RFC 9110 §15.5.15). */
export class UriTooLong extends Problem {
  static override readonly kind = problemKind({
    slug: 'uri-too-long',
    status: 414,
    title: 'Request target is too long',
    description: 'Path and query together exceed 4,096 bytes, or one path segment exceeds its limit.',
    resolution: 'Shorten the path or the query; send long values in a body.',
  });
}

/** The media type of the body is not supported (RFC 9110 §15.5.16). */
export class UnsupportedMediaType extends Problem {
  static override readonly kind = problemKind({
    slug: 'unsupported-media-type',
    status: 415,
    title: 'Media type is not supported',
    description: 'The `Content-Type` is missing, malformed or not supported by this operation.',
    resolution: 'Send `Content-Type: application/json`, or the media type that the operation states.',
  });
}

/** The Expect header has an unsupported value (RFC 9110 §15.5.18). */
export class ExpectationFailed extends Problem {
  static override readonly kind = problemKind({
    slug: 'expectation-failed',
    status: 417,
    title: 'Expectation failed',
    description: 'The `Expect` header has a value other than `100-continue`.',
    resolution: 'Omit the header.',
  });
}

/** The body is well-formed and violates its schema (RFC 9110 §15.5.21). */
export class ValidationFailed extends Problem {
  static override readonly kind = problemKind({
    slug: 'validation-failed',
    status: 422,
    title: 'Validation failed',
    description: 'The body is well-formed, but members are missing, unknown or invalid. Nothing was changed.',
    resolution: 'Correct every member that `errors` points at.',
  });
}

/** The header fields exceed the limit of the server (RFC 6585 §5). */
export class RequestHeaderFieldsTooLarge extends Problem {
  static override readonly kind = problemKind({
    slug: 'request-header-fields-too-large',
    status: 431,
    title: 'Headers are too large',
    description: 'The request line and the headers together exceed 16 KiB.',
    resolution: 'Send fewer or smaller headers.',
  });
}

/** A bug. The details are logged with the request id and never sent. */
export class InternalError extends Problem {
  static override readonly kind = problemKind({
    slug: 'internal-error',
    status: 500,
    title: 'Internal error',
    description: 'An unexpected error occurred. It was logged with the request id.',
    resolution: 'Try again later; include the `instance` when you report the error.',
  });
}

/** A dependency of the service is unavailable or too slow. */
export class ServiceUnavailable extends Problem {
  static override readonly kind = problemKind({
    slug: 'service-unavailable',
    status: 503,
    title: 'Service is unavailable',
    description: 'The database is unavailable, did not respond in time, or has no free connection.',
    resolution:
      'Send the request again after the seconds in `Retry-After`; repeat a write with the same `Idempotency-Key`.',
  });
}

/** Seconds for Retry-After; random, so that rejected clients do not all retry at the same time. */
export function retryAfterOverload(): string {
  return String(randomInt(4, 13));
}

/** More requests are waiting than the process can serve in time. Features extend it for their own queues. */
export class ServerOverloaded extends Problem {
  static override readonly kind = problemKind({
    slug: 'server-overloaded',
    status: 503,
    title: 'Server overloaded',
    description: 'More requests are waiting than the server can process in time. This request was not executed.',
    resolution: 'Send the request again after the seconds in `Retry-After`.',
  });

  constructor(detail?: string) {
    const headers = { 'Retry-After': retryAfterOverload() };
    super(detail === undefined ? { headers } : { detail, headers });
  }
}
