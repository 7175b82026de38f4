import type { Type } from '@nestjs/common';
import { applyDecorators, HttpCode } from '@nestjs/common';
import { ApiExtension, ApiResponse } from '@nestjs/swagger';
import type { ProblemClass } from '../problem/problem.ts';

export const failsExtension = 'x-plinth-fails';

/** Headers of successful replies that the document names. */
const headers = {
  Location: {
    description: 'Where the new resource is.',
    schema: { type: 'string', format: 'uri-reference', maxLength: 512 },
  },
  ETag: {
    description: 'Names this state of the resource; send it as `If-Match` to change just this.',
    schema: { type: 'string', maxLength: 128 },
  },
  Link: { description: 'The neighbouring pages (RFC 8288).', schema: { type: 'string', maxLength: 8192 } },
  'Retry-After': {
    description: 'Seconds after which asking again makes sense; absent when nothing changes any more.',
    schema: { type: 'string', maxLength: 16 },
  },
} as const;

/** The status, body and headers of success. */
export function Returns(
  status: 200 | 201 | 202 | 204,
  body?: Type,
  ...sent: readonly (keyof typeof headers)[]
): MethodDecorator {
  return applyDecorators(
    HttpCode(status),
    ApiResponse({
      status,
      description: descriptions[status],
      ...(body === undefined ? {} : { type: body }),
      ...(sent.length === 0 ? {} : { headers: Object.fromEntries(sent.map((name) => [name, headers[name]])) }),
    }),
  );
}

/** The problems that this operation can answer beyond those that every operation of its shape can. */
export function Fails(...problems: readonly ProblemClass[]): MethodDecorator {
  return ApiExtension(
    failsExtension,
    problems.map((problem) => problem.kind.slug),
  ) as MethodDecorator;
}

const descriptions = { 200: 'Success.', 201: 'Created.', 202: 'Accepted.', 204: 'Done; there is nothing to return.' };
