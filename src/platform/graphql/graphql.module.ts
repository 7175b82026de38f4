import type { DynamicModule } from '@nestjs/common';
import { Global, Module } from '@nestjs/common';
import { GraphQLModule } from '@nestjs/graphql';
import type { MercuriusDriverConfig } from '@nestjs/mercurius';
import { MercuriusDriver } from '@nestjs/mercurius';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { getOperationAST, NoSchemaIntrospectionCustomRule, OperationTypeNode } from 'graphql';
import type { Config } from '../config/config.ts';
import { graphqlEnabled } from '../feature/graphql-resolver.ts';
import { rateLimitKey } from '../http/overload/ip-rate-limit.ts';
import { OverloadModule } from '../http/overload/overload.module.ts';
import { RateLimiter } from '../http/overload/rate-limiter.ts';
import { InvalidGraphqlDocument } from '../http/problem/graphql.errors.ts';
import { currentRequest } from '../logging/request-context.ts';
import { Connections } from './connections.ts';
import type { GraphqlContext } from './graphql-context.ts';
import { GraphqlExecutor } from './graphql-executor.ts';
import {
  assertAtMost,
  assertWithinLimits,
  graphqlLimits,
  loggedName,
  requestsFor,
  rootFieldCosts,
  sum,
} from './graphql-limits.ts';
import { GraphqlController } from './graphql.controller.ts';
import { Mutations } from './mutations.ts';
import { GraphqlSubscriptions } from './subscriptions/graphql-subscriptions.ts';
import { SubscriptionDocuments } from './subscriptions/subscription-documents.ts';
import { SubscriptionRoute } from './subscriptions/subscription-route.ts';

/** GraphQL at `/graphql`. It is imported while GRAPHQL is on; the features provide their resolvers then. */
@Global()
@Module({})
export class GraphqlModule {
  static async forRoot({ service }: Config): Promise<DynamicModule> {
    const isProduction = service.environment === 'production';
    const pages = isProduction ? [] : [(await import('./graphiql.module.ts')).GraphiqlModule];
    return {
      module: GraphqlModule,
      imports: [
        GraphQLModule.forRootAsync<MercuriusDriverConfig>({
          driver: MercuriusDriver,
          imports: [OverloadModule],
          inject: [RateLimiter],
          useFactory: (limits: RateLimiter) => driverConfig(isProduction, limits),
        }),
        ...pages,
      ],
      controllers: [GraphqlController],
      providers: [
        Connections,
        GraphqlExecutor,
        GraphqlSubscriptions,
        Mutations,
        SubscriptionDocuments,
        SubscriptionRoute,
        { provide: graphqlEnabled, useValue: true },
      ],
      exports: [Connections, graphqlEnabled, Mutations],
    };
  }
}

function driverConfig(isProduction: boolean, limits: RateLimiter): MercuriusDriverConfig {
  return {
    autoSchemaFile: true,
    // GraphqlController is the route.
    routes: false,
    graphiql: false,
    // Parsed documents; mercurius keeps up to twice as many, and as many invalid ones. The largest takes 200 KiB of memory.
    cache: 64,
    graphql: { parseOptions: { maxLexicalTokens: graphqlLimits.tokens } },
    // A list: with a function, no document would be cached.
    validationRules: isProduction ? [NoSchemaIntrospectionCustomRule] : [],
    // GraphqlExecutor turns the errors into problems.
    errorFormatter: ({ data, errors }) => ({ statusCode: 200, response: { data: data ?? null, errors } }),
    hooks: {
      preValidation: (_schema, document) => {
        assertWithinLimits(document);
      },
      preExecution: async (schema, document, context, variables) => {
        await beforeExecution(
          { schema, document, variables },
          { context: context as unknown as GraphqlContext, limits },
        );
      },
    },
  };
}

interface ValidDocument {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

interface Execution {
  readonly context: GraphqlContext;
  readonly limits: RateLimiter;
}

/**
 * Limits the cost of an operation, counts it for the rate limit, and adds its name to the request context.
 * @throws GraphqlLimitExceeded, TooManyRequests
 */
async function beforeExecution(
  { schema, document, variables }: ValidDocument,
  { context: { caller, reply, operationName }, limits }: Execution,
): Promise<void> {
  const operation = getOperationAST(document, operationName);
  // Without one mercurius reports the error.
  if (operation === null || operation === undefined) return;
  const context = currentRequest();
  if (context !== undefined) context.graphqlOperation = loggedName(operation);
  if (operation.operation === OperationTypeNode.SUBSCRIPTION)
    throw new InvalidGraphqlDocument({
      detail: 'Subscribe over a WebSocket: docs/guides/graphql.md has the protocol.',
    });
  const costs = rootFieldCosts(schema, { document, operation, variables });
  assertAtMost('cost', sum(costs));
  // The request itself was counted as one.
  const more = requestsFor(costs) - 1;
  if (more > 0) await limits.count(rateLimitKey(reply.request, caller), reply, more);
}
