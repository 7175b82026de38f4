import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../auth/principal.ts';
import { callerOf } from '../auth/principal.ts';
import { describeIfMatch } from '../conditional/if-match.decorator.ts';
import { Precondition } from '../conditional/precondition.ts';

/** The caller and the response of an operation, in one parameter of its handler. */
export interface OperationContext {
  readonly caller: Principal;
  /** For headers; the handler returns the body. */
  readonly reply: FastifyReply;
}

/** The same for a write under the condition of If-Match. */
export interface ConditionalContext extends OperationContext {
  readonly match: Precondition;
}

/** The caller and the response: `@Context() { caller, reply }: OperationContext`. */
export const Context = createParamDecorator((_: unknown, context: ExecutionContext): OperationContext => {
  return contextOf(context);
});

/**
 * The same with the precondition, whose header it documents: `@IfMatchContext() { caller, match, reply }:
 * ConditionalContext`. The handler declares `@Fails(PreconditionRequired, PreconditionFailed)`.
 */
export const IfMatchContext = createParamDecorator(
  (_: unknown, context: ExecutionContext): ConditionalContext => {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    return { ...contextOf(context), match: new Precondition(headers['if-match']) };
  },
  [describeIfMatch],
);

function contextOf(context: ExecutionContext): OperationContext {
  return { caller: callerOf(context), reply: context.switchToHttp().getResponse<FastifyReply>() };
}
