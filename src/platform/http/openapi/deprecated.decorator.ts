import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';

/** The deprecation of a route. */
export interface Deprecation {
  /** The time of the deprecation. */
  readonly since: Date;
  /** The time from which the route may be removed. */
  readonly sunset: Date;
  /** The path of its replacement. */
  readonly successor: string;
}

export const deprecationKey = 'plinth:deprecation';

/** Removed from the document after it was read. */
export const deprecationExtension = 'x-plinth-deprecated';

/**
 * Deprecates a route: its responses have `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and a `Link` to its successor
 * (RFC 5829), and the OpenAPI document marks it.
 */
export const Deprecated = (deprecation: Deprecation): MethodDecorator =>
  applyDecorators(
    SetMetadata(deprecationKey, deprecation),
    ApiExtension(deprecationExtension, true) as MethodDecorator,
  );
