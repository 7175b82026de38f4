import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BadRequest } from '../../../platform/http/problem/http.errors.ts';
import { describesHeader, ReadsHeader } from '../../../platform/http/server/request-header.ts';

/** A request that presents or receives a refresh token. */
export interface TokenExchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Whether the client requested cookie mode. */
  readonly byCookie: boolean;
}

/**
 * The exchange of a handler, whose client chooses cookie mode by `X-Token-Delivery: cookie`.
 * @throws BadRequest for another value: it must not put the refresh token into a body that scripts can read
 */
export const WithTokenDelivery = createParamDecorator(
  (_: unknown, context: ExecutionContext): TokenExchange => {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const delivery = request.headers['x-token-delivery'];
    if (delivery !== undefined && delivery !== 'cookie') {
      throw new BadRequest({ detail: 'The value of X-Token-Delivery must be cookie.' });
    }
    return { request, reply: context.switchToHttp().getResponse<FastifyReply>(), byCookie: delivery !== undefined };
  },
  [
    describesHeader({
      name: 'X-Token-Delivery',
      required: false,
      description: '`cookie` keeps the refresh token in a cookie that scripts cannot read, and out of every body.',
      maxLength: 16,
      example: 'cookie',
    }),
  ],
);

/** Documents the header that requests with the refresh token cookie require. */
export const ReadsCsrfToken = (): MethodDecorator =>
  ReadsHeader({
    name: 'X-CSRF-Token',
    required: false,
    description: 'The `csrfToken` of the session; required when the cookie has the refresh token.',
    maxLength: 128,
    example: 'Zm9yIHRlc3RzIG9ubHkhIQ.4fX0cDkOq2nqg5qkK4o8Jm2nYB9w6o0T1pE6q3y5m7A',
  });
