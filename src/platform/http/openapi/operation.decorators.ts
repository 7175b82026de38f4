import type { Type } from '@nestjs/common';
import { applyDecorators, HttpCode, Redirect } from '@nestjs/common';
import { ApiBody, ApiExtension, ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import type { ProblemClass } from '../problem/problem.ts';
import type { ResponseHeader } from '../server/response-headers.ts';
import { headersOf, redirectHeader } from '../server/response-headers.ts';

export const failsExtension = 'x-plinth-fails';

/** The status, body and headers of success. */
export function Returns(
  status: 200 | 201 | 202 | 204,
  body?: Type,
  ...sent: readonly ResponseHeader[]
): MethodDecorator {
  return applyDecorators(
    HttpCode(status),
    ApiResponse({
      status,
      description: descriptions[status],
      headers: headersOf(sent),
      ...(body === undefined ? {} : { type: body }),
    }),
  );
}

/** Success with a body of one of several shapes, which `description` explains, and the headers of success. */
export function ReturnsOneOf(
  description: string,
  bodies: readonly Type[],
  ...sent: readonly ResponseHeader[]
): MethodDecorator {
  return applyDecorators(
    HttpCode(200),
    ApiExtraModels(...bodies),
    ApiResponse({ status: 200, description, headers: headersOf(sent), schema: oneOf(bodies) }),
  );
}

/** A redirect of the browser, with the headers of success besides `Location`; the handler returns `{ url }`. */
export function Redirects(status: 302 | 303, description: string, ...sent: readonly ResponseHeader[]): MethodDecorator {
  return applyDecorators(
    Redirect('', status),
    ApiResponse({ status, description, headers: { ...redirectHeader, ...headersOf(sent) } }),
  );
}

/** Documents a request body of one of several shapes; the parameter's class validates it. */
export function AcceptsOneOf(...bodies: readonly Type[]): MethodDecorator {
  return applyDecorators(ApiExtraModels(...bodies), ApiBody({ schema: oneOf(bodies) }));
}

function oneOf(bodies: readonly Type[]): { oneOf: { $ref: string }[] } {
  return { oneOf: bodies.map((body) => ({ $ref: getSchemaPath(body) })) };
}

/** The problems that this operation can return in addition to those that are derived from its shape. */
export function Fails(...problems: readonly ProblemClass[]): MethodDecorator {
  return ApiExtension(
    failsExtension,
    problems.map((problem) => problem.kind.slug),
  ) as MethodDecorator;
}

const descriptions = {
  200: 'The operation succeeded.',
  201: 'Created.',
  202: 'Accepted.',
  204: 'Success without content.',
};
