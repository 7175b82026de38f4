import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { ReadsHeader } from '../openapi/request-header.ts';
import { headersOf } from '../openapi/response-headers.ts';

/** Documents that a read answers 304 to who has its current state; not-modified.ts does so. */
export const HonoursIfNoneMatch = (): MethodDecorator =>
  applyDecorators(
    ReadsHeader({
      name: 'If-None-Match',
      required: false,
      description: 'ETags of the states that the client has (RFC 9110), as in `"1"`.',
      maxLength: 512,
      // No example: Swagger UI would send it, and show an empty 304.
    }),
    ApiResponse({
      status: 304,
      description: 'The client has this state already; there is no body.',
      headers: headersOf(['ETag']),
    }),
  );
