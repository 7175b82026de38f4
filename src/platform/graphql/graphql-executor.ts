import { Inject, Injectable, Logger } from '@nestjs/common';
import type { GraphQLFormattedError } from 'graphql';
import { GraphQLError } from 'graphql';
import type { ServiceConfig } from '../config/config.ts';
import { configToken } from '../config/config.module.ts';
import { Links } from '../config/links.ts';
import { traceIdOf } from '../logging/request-context.ts';
import { GraphqlLimitExceeded, InvalidGraphqlDocument } from '../http/problem/graphql.errors.ts';
import { InternalError } from '../http/problem/http.errors.ts';
import { Problem, problemBody } from '../http/problem/problem.ts';
import { contextOf } from '../http/server/request-hooks.ts';
import { isObject } from '../validation/objects.ts';
import { reportError } from '../telemetry/error-reports.ts';
import type { GraphqlContext } from './graphql-context.ts';
import type { GraphqlRequestDto } from './graphql-request.dto.ts';

/** A response (GraphQL over HTTP §6). */
export interface GraphqlResult {
  /** Absent when nothing was executed. */
  readonly data?: unknown;
  readonly errors?: readonly object[];
  readonly extensions?: object;
}

/** Of an error of graphql, in characters: it quotes the value of a variable, which may be as long as the body. */
const maxDetail = 1000;

/** The response to the request of an operation. */
type Exchange = Pick<GraphqlContext, 'reply'>;

/** Executes operations; their errors are problems of the catalogue. */
@Injectable()
export class GraphqlExecutor {
  private readonly log = new Logger(GraphqlExecutor.name);
  private readonly showsSuggestions: boolean;

  constructor(
    private readonly links: Links,
    @Inject(configToken('service')) { environment }: ServiceConfig,
  ) {
    this.showsSuggestions = environment !== 'production';
  }

  async execute({ query, variables }: GraphqlRequestDto, context: GraphqlContext): Promise<GraphqlResult> {
    const { reply, operationName } = context;
    try {
      assertNotJson(query);
      const { data, errors } = await reply.graphql(query, context, variables ?? {}, operationName);
      const replayed = context.replayedFields;
      return {
        data,
        ...(errors === undefined ? {} : { errors: errors.map((error) => this.executionError(error, context)) }),
        ...(replayed.length === 0 ? {} : { extensions: { idempotencyReplayed: replayed } }),
      };
    } catch (error) {
      return { errors: this.requestErrors(error, context) };
    }
  }

  /** The error of a subscription: of its document, of its start, or the reason of its end. */
  subscriptionError(error: GraphQLError, exchange: Exchange): GraphQLFormattedError {
    const isOfDocument = error.originalError === undefined || error.originalError instanceof GraphQLError;
    if (!isOfDocument) return this.executionError(error, exchange);
    return this.located(this.problemOf(error), error, exchange);
  }

  /** The errors of a document that is not executed. */
  private requestErrors(error: unknown, context: GraphqlContext): object[] {
    if (error instanceof Problem) return [this.located(error, {}, context)];
    const invalid = isObject(error) && 'errors' in error && Array.isArray(error.errors) ? error.errors : [error];
    const located = invalid.filter((one) => one instanceof GraphQLError);
    if (located.length === 0) throw error;
    return located.map((one) => this.located(this.problemOf(one), one, context));
  }

  private problemOf({ message }: GraphQLError): Problem {
    if (message.endsWith('tokens. Parsing aborted.')) return new GraphqlLimitExceeded({ detail: message });
    const detail = this.showsSuggestions ? message : message.replace(/ Did you mean [^]*$/, '');
    return new InvalidGraphqlDocument({
      detail: detail.length > maxDetail ? `${detail.slice(0, maxDetail).toWellFormed()}…` : detail,
    });
  }

  /** The error of a field. The filter has logged those that its resolver threw. */
  executionError(error: GraphQLError, exchange: Exchange): GraphQLFormattedError {
    if (error.originalError instanceof Problem) return this.located(error.originalError, error, exchange);
    const cause = error.originalError ?? error;
    if (isOfArgument(cause)) return this.located(this.problemOf(error), error, exchange);
    this.log.error({ err: cause }, 'Unhandled error');
    reportError(cause);
    return this.located(new InternalError({ cause }), error, exchange);
  }

  private located(
    problem: Problem,
    { locations, path }: Pick<Partial<GraphQLError>, 'locations' | 'path'>,
    { reply }: Exchange,
  ): GraphQLFormattedError {
    const { request } = reply;
    const identity = { requestId: request.id, traceId: traceIdOf(contextOf(request)) };
    return {
      message: problem.options.detail ?? problem.kind.title,
      ...(locations === undefined ? {} : { locations }),
      ...(path === undefined ? {} : { path }),
      extensions: { ...problemBody(problem, identity, this.links), ...retryAfter(problem) },
    };
  }
}

/**
 * Whether graphql has refused the value of an argument or of a directive, which a variable may have made null: it names the
 * nodes of the document. The result of a resolver that has another type than its field has none.
 */
function isOfArgument(cause: Error): boolean {
  return cause instanceof GraphQLError && cause.nodes !== undefined;
}

/** The seconds of the header Retry-After, which a field has no place for. */
function retryAfter({ options }: Problem): { readonly retryAfter?: number } {
  const seconds = options.headers?.['Retry-After'];
  return seconds === undefined ? {} : { retryAfter: Number(seconds) };
}

/**
 * mercurius executes a document that is the JSON of a syntax tree, which the limits of the parser do not apply to.
 * @throws InvalidGraphqlDocument
 */
function assertNotJson(query: string): void {
  // A document begins with a name, a comment, a comma, or a brace that a name or a comment follows.
  if (/^[\s,\uFEFF]*(?:[a-z_#]|\{[\s,]*[a-z_#.])/i.test(query) && !/^\s*(?:true|false|null)\s*$/.test(query)) return;
  throw new InvalidGraphqlDocument({ detail: 'Syntax Error: the document does not begin with a definition.' });
}
