import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { ReadsHeader } from '../server/request-header.ts';
import { headersOf } from '../server/response-headers.ts';

/** Documents If-None-Match and 304, which not-modified.ts implements for every GET with an ETag. */
export const ConditionalGet = (): MethodDecorator =>
  applyDecorators(
    ReadsHeader({
      name: 'If-None-Match',
      required: false,
      description: 'ETags of cached states (RFC 9110), as in `"1"`.',
      maxLength: 512,
      // Without an example: Swagger UI would send it and show an empty 304.
    }),
    ApiResponse({
      status: 304,
      description: 'The cached state is current; there is no body.',
      headers: headersOf(['ETag']),
    }),
  );
