import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { describesHeader } from '../openapi/request-header.ts';
import { Precondition } from './precondition.ts';

/**
 * The condition under which a handler changes its resource. It is read when the handler asks, behind the validation of
 * everything else that was sent; the operation says `@Fails(PreconditionRequired, PreconditionFailed)`.
 */
export const IfMatch = createParamDecorator(
  (_: unknown, context: ExecutionContext) =>
    new Precondition(context.switchToHttp().getRequest<FastifyRequest>().headers['if-match']),
  [
    describesHeader({
      name: 'If-Match',
      required: true,
      description:
        'The ETag of the state that is to be changed, also in the weak form that a proxy has given it, or `*` for whatever is there (RFC 9110).',
      maxLength: 512,
      example: '"1"',
    }),
  ],
);
