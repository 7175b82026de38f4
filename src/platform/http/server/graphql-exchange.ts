import type { ArgumentsHost, ExecutionContext } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** The part of the context of a GraphQL operation that guards and parameter decorators read. */
interface GraphqlOperation {
  readonly reply: FastifyReply;
}

/** Whether a handler resolves a GraphQL field. */
export function isGraphql(context: ArgumentsHost): boolean {
  return context.getType<string>() === 'graphql';
}

/**
 * The context of a handler as guards and parameter decorators expect it: of an HTTP request. A GraphQL field has the
 * request of its operation, with the arguments of the field as parameters and its argument `input` as body.
 */
export function httpContextOf(context: ExecutionContext): ExecutionContext {
  if (!isGraphql(context)) return context;
  // The arguments of a resolver: parent, arguments, context of the operation, info.
  const values = context.getArgByIndex<Readonly<Record<string, unknown>>>(1);
  const { reply } = context.getArgByIndex<GraphqlOperation>(2);
  const request = Object.create(reply.request, {
    params: { value: values },
    body: { value: values['input'] },
  }) as FastifyRequest;
  return new ExecutionContextHost([request, reply], context.getClass(), context.getHandler());
}
