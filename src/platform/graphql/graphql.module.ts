import type { DynamicModule } from '@nestjs/common';
import { Global, Module } from '@nestjs/common';
import { GraphQLModule } from '@nestjs/graphql';
import type { MercuriusDriverConfig } from '@nestjs/mercurius';
import { MercuriusDriver } from '@nestjs/mercurius';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { getOperationAST, NoSchemaIntrospectionCustomRule } from 'graphql';
import type { Config } from '../config/config.ts';
import { graphqlEnabled } from '../feature/graphql-resolver.ts';
import { currentRequest } from '../logging/request-context.ts';
import { Connections } from './connections.ts';
import type { GraphqlContext } from './graphql-context.ts';
import { GraphqlExecutor } from './graphql-executor.ts';
import { assertAtMost, assertWithinLimits, graphqlLimits, operationCost } from './graphql-limits.ts';
import { GraphqlController } from './graphql.controller.ts';
import { Mutations } from './mutations.ts';

/** GraphQL at `/graphql`. It is imported while GRAPHQL is on; the features provide their resolvers then. */
@Global()
@Module({})
export class GraphqlModule {
  static async forRoot({ service }: Config): Promise<DynamicModule> {
    const isProduction = service.environment === 'production';
    const pages = isProduction ? [] : [(await import('./graphiql.module.ts')).GraphiqlModule];
    return {
      module: GraphqlModule,
      imports: [GraphQLModule.forRoot(driverConfig(isProduction)), ...pages],
      controllers: [GraphqlController],
      providers: [Connections, GraphqlExecutor, Mutations, { provide: graphqlEnabled, useValue: true }],
      exports: [Connections, graphqlEnabled, Mutations],
    };
  }
}

function driverConfig(isProduction: boolean): MercuriusDriverConfig {
  return {
    driver: MercuriusDriver,
    autoSchemaFile: true,
    // GraphqlController is the route.
    routes: false,
    graphiql: false,
    // Of valid and of invalid documents, each of at most 32 KiB.
    cache: 256,
    graphql: { parseOptions: { maxLexicalTokens: graphqlLimits.tokens } },
    // A list: with a function, no document would be cached.
    validationRules: isProduction ? [NoSchemaIntrospectionCustomRule] : [],
    // GraphqlExecutor turns the errors into problems.
    errorFormatter: ({ data, errors }) => ({ statusCode: 200, response: { data: data ?? null, errors } }),
    hooks: {
      preValidation: (_schema, document) => {
        assertWithinLimits(document);
      },
      preExecution: (schema, document, context, variables) => {
        const { operationName } = context as unknown as GraphqlContext;
        beforeExecution(schema, document, { operationName, variables });
      },
    },
  };
}

interface Operation {
  readonly operationName?: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Limits the cost of an operation, and adds its name to the request context. */
function beforeExecution(schema: GraphQLSchema, document: DocumentNode, { operationName, variables }: Operation): void {
  const operation = getOperationAST(document, operationName);
  // Without one mercurius reports the error.
  if (operation === null || operation === undefined) return;
  const context = currentRequest();
  if (context !== undefined) context.graphqlOperation = operation.name?.value ?? operation.operation;
  assertAtMost('cost', operationCost(schema, { document, operation, variables }));
}
