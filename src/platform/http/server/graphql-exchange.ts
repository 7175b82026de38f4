import type { ArgumentsHost, ExecutionContext } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** The part of the context of a GraphQL operation that guards and parameter decorators read. */
interface GraphqlOperation {
  readonly reply: FastifyReply;
}

interface GraphqlInfo {
  readonly operation: { readonly operation: string };
}

/** Whether a handler resolves a GraphQL field. */
export function isGraphql(context: ArgumentsHost): boolean {
  return context.getType<string>() === 'graphql';
}

/** The HTTP request of a route, or of the operation that a GraphQL field belongs to. */
export function requestOf(context: ExecutionContext): FastifyRequest {
  if (!isGraphql(context)) return context.switchToHttp().getRequest<FastifyRequest>();
  return context.getArgByIndex<GraphqlOperation>(2).reply.request;
}

/** Whether a handler resolves a field of a mutation, after those before it. */
export function isMutation(context: ArgumentsHost): boolean {
  return isGraphql(context) && context.getArgByIndex<GraphqlInfo>(3).operation.operation === 'mutation';
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
  const request = new Proxy(reply.request, new FieldInput(values));
  return new ExecutionContextHost([request, reply], context.getClass(), context.getHandler());
}

/** Not a prototype: V8 would give each request a class of its own, which slows down every later access to it. */
class FieldInput implements ProxyHandler<FastifyRequest> {
  constructor(private readonly values: Readonly<Record<string, unknown>>) {}

  get(request: FastifyRequest, name: string | symbol): unknown {
    if (name === 'params') return this.values;
    return name === 'body' ? this.values['input'] : Reflect.get(request, name);
  }
}
