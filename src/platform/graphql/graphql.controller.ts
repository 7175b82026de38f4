import { Body, Controller, HttpCode, Post, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { AcceptsApiKeys, AcceptsMissingMfa } from '../http/auth/access.decorators.ts';
import { IgnoresIdempotencyKey } from '../http/idempotency/idempotency.decorators.ts';
import type { OperationContext } from '../http/openapi/operation-context.decorators.ts';
import { Context } from '../http/openapi/operation-context.decorators.ts';
import { GraphqlContext } from './graphql-context.ts';
import type { GraphqlResult } from './graphql-executor.ts';
import { GraphqlExecutor } from './graphql-executor.ts';
import { GraphqlRequestDto } from './graphql-request.dto.ts';

const mediaType = 'application/graphql-response+json';

/**
 * The endpoint of GraphQL. Every request is authenticated, as on any route; each field declares what else it requires.
 * There is no GET: no link and no form of another page can send an operation.
 */
@ApiExcludeController()
@Controller({ path: 'graphql', version: VERSION_NEUTRAL })
export class GraphqlController {
  constructor(private readonly graphql: GraphqlExecutor) {}

  /** Mutations have the argument `idempotencyKey` instead of the header. */
  @Post()
  @HttpCode(200)
  @AcceptsApiKeys()
  @AcceptsMissingMfa()
  @IgnoresIdempotencyKey()
  async execute(@Body() request: GraphqlRequestDto, @Context() { reply }: OperationContext): Promise<GraphqlResult> {
    const context = new GraphqlContext(reply, request.operationName ?? undefined);
    const result = await this.graphql.execute(request, context);
    // In application/json the status of a document that is not executed is 200 (GraphQL over HTTP §6.4.1).
    if (reply.request.headers.accept?.includes(mediaType) === true)
      void reply.type(`${mediaType}; charset=utf-8`).status(result.data === undefined ? 400 : 200);
    return result;
  }
}
