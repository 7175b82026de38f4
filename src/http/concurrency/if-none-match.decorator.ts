import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';

/** Documents that a read answers 304 to who has its current state; not-modified.ts does so. */
export const HonoursIfNoneMatch = (): MethodDecorator =>
  applyDecorators(
    ApiHeader({
      name: 'If-None-Match',
      required: false,
      description: 'ETags of the states that the client has (RFC 9110), as in `"1"`.',
      // No example: Swagger UI would send it, and show an empty 304.
      schema: { type: 'string', maxLength: 512 },
    }),
    ApiResponse({ status: 304, description: 'The client has this state already; there is no body.' }),
  );
