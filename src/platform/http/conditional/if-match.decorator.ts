import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { describesHeader } from '../server/request-header.ts';
import { Precondition } from './precondition.ts';

/** Documents the If-Match header on the handler of the decorated parameter. */
export const describeIfMatch = describesHeader({
  name: 'If-Match',
  required: true,
  description:
    'The ETag of the state to update or delete, also in the weak form that a proxy made of it, or `*` for any ' +
    'current state (RFC 9110).',
  maxLength: 512,
  example: '"1"',
});

/**
 * The If-Match precondition of a write. The handler evaluates it after all input was validated, and declares
 * `@Fails(PreconditionRequired, PreconditionFailed)`.
 */
export const IfMatch = createParamDecorator(
  (_: unknown, context: ExecutionContext) =>
    new Precondition(context.switchToHttp().getRequest<FastifyRequest>().headers['if-match']),
  [describeIfMatch],
);
