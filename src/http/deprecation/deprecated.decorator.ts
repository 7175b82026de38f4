import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';

/** How a route goes. */
export interface Deprecation {
  /** Since when it is better not used. */
  readonly since: Date;
  /** From when on it may answer no more. */
  readonly sunset: Date;
  /** Path of what to use instead. */
  readonly successor: string;
}

export const deprecationKey = 'plinth:deprecation';

/** Read, and taken away, when the document is completed. */
export const deprecationExtension = 'x-plinth-deprecated';

/**
 * Says of a route that it goes, in this one place: its replies carry `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and a
 * `Link` to its successor (RFC 5829), and the document marks it.
 */
export const Deprecated = (deprecation: Deprecation): MethodDecorator =>
  applyDecorators(
    SetMetadata(deprecationKey, deprecation),
    ApiExtension(deprecationExtension, true) as MethodDecorator,
  );
