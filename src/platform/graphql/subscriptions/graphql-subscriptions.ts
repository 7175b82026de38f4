import { Injectable, Logger } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ExecutionArgs } from 'graphql';
import { GraphQLError } from 'graphql';
import type { Context } from 'graphql-ws';
import { CloseCode, makeServer } from 'graphql-ws';
import type { Principal } from '../../http/auth/principal.ts';
import { callerOf } from '../../http/auth/principal.ts';
import type { Problem } from '../../http/problem/problem.ts';
import { toProblem } from '../../http/problem/to-problem.ts';
import { RequestGuard } from '../../http/request.guard.ts';
import { contextOf } from '../../http/server/request-hooks.ts';
import { parseStrictJson } from '../../http/server/strict-json.ts';
import { EventStreams } from '../../http/streaming/event-streams.ts';
import { currentRequest, runInRequest } from '../../logging/request-context.ts';
import { GraphqlContext } from '../graphql-context.ts';
import { GraphqlExecutor } from '../graphql-executor.ts';
import type { GraphqlSocket } from './graphql-socket.ts';
import { SubscriptionDocuments } from './subscription-documents.ts';

/** The connection of a client, with the request and the response of its handshake. */
export interface SubscriptionConnection {
  readonly socket: GraphqlSocket;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

interface ServedConnection extends SubscriptionConnection {
  /** The ids of the subscriptions that are not open yet. */
  readonly starting: Set<string>;
}

type ConnectionContext = Context<Record<string, unknown>, ServedConnection>;

/** The connection closes unless connection_init arrives within this time. */
const connectionInitWaitTimeout = 3000;

/**
 * Subscriptions by the protocol graphql-transport-ws. The payload of connection_init has the credentials. They are
 * verified again for each subscription, which is a request for the guards and the rate limit. EventStreams closes the
 * connection when the session ends.
 */
@Injectable()
export class GraphqlSubscriptions {
  private readonly log = new Logger(GraphqlSubscriptions.name);
  private readonly protocol = makeServer<Record<string, unknown>, ServedConnection>({
    connectionInitWaitTimeout,
    onConnect: async (context) => await this.connect(context),
    onSubscribe: async (context, id, payload) => await this.start(context, id, payload),
    onOperation: ({ extra: { starting } }, id) => {
      starting.delete(id);
    },
    onNext: (_context, _id, _payload, { contextValue }, { data = null, errors }) => {
      const context = contextValue as GraphqlContext;
      context.clearLoaded();
      if (errors === undefined) return undefined;
      return { data, errors: errors.map((error) => this.executor.executionError(error, context)) };
    },
    onError: ({ extra }, _id, _payload, errors) => errors.map((error) => this.executor.subscriptionError(error, extra)),
  });

  constructor(
    private readonly guard: RequestGuard,
    private readonly streams: EventStreams,
    private readonly executor: GraphqlExecutor,
    private readonly documents: SubscriptionDocuments,
  ) {}

  /** Serves a client until it disconnects. */
  open(connection: SubscriptionConnection): void {
    const { socket, request } = connection;
    const closed = this.protocol.opened(
      {
        protocol: socket.protocol,
        send: async (message) => {
          await socket.send(message);
        },
        close: (code, reason) => {
          socket.close(code ?? 1000, reason ?? '');
        },
        onMessage: (handle) => {
          socket.onMessage((message) => {
            runInRequest(contextOf(request), () => {
              this.receive(message, handle).catch((error: unknown) => {
                socket.refuse(this.problemOf(error));
              });
            });
          });
        },
      },
      { ...connection, starting: new Set() },
    );
    socket.onClose((code, reason) => {
      void closed(code, reason);
    });
  }

  /** @throws MalformedJson for what the body of a request must not contain either */
  private async receive(message: Buffer, handle: (message: string) => Promise<void>): Promise<void> {
    parseStrictJson(message);
    await handle(message.toString());
  }

  /** Closes the connection of a client without access: the close code is the status of the problem. */
  private async connect({ extra, connectionParams }: ConnectionContext): Promise<boolean> {
    try {
      const { caller } = await this.authenticate(extra, connectionParams);
      this.streams.watch({ principal: caller, canRead: () => true, kind: 'connection' }, () => extra.socket);
      return true;
    } catch (error) {
      extra.socket.refuse(this.problemOf(error));
      return false;
    }
  }

  /**
   * A client may end a subscription before it is open. With its id in use again by then, graphql-ws would keep both open,
   * and end one of them.
   */
  private async start(
    context: ConnectionContext,
    id: string,
    payload: unknown,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> {
    const { socket, starting } = context.extra;
    if (starting.has(id)) {
      socket.close(CloseCode.SubscriberAlreadyExists, 'The subscription with this id is not open yet');
      return [new GraphQLError('The connection closes.')];
    }
    starting.add(id);
    const prepared = await this.prepare(context, payload);
    if (!('schema' in prepared)) starting.delete(id);
    return prepared;
  }

  private async prepare(
    { extra, connectionParams }: ConnectionContext,
    payload: unknown,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> {
    try {
      const { reply } = await this.authenticate(extra, connectionParams);
      const prepared = await this.documents.prepare(payload);
      if (!('args' in prepared)) return prepared;
      const { args, name } = prepared;
      const context = currentRequest();
      if (context !== undefined) context.graphqlOperation = name;
      this.log.log({ graphqlOperation: name }, 'subscription');
      return { ...args, contextValue: new GraphqlContext(reply, args.operationName ?? undefined) };
    } catch (error) {
      const problem = this.problemOf(error);
      return [new GraphQLError(problem.message, { originalError: problem })];
    }
  }

  /**
   * Runs the guards of a route that declares nothing: for every user with a session.
   * @throws the problems of the guards
   */
  private async authenticate(
    { request, reply }: SubscriptionConnection,
    params: Readonly<Record<string, unknown>> = {},
  ): Promise<{ readonly caller: Principal; readonly reply: FastifyReply }> {
    const exchange = Object.create(reply, { request: { value: requestWith(request, params) } }) as FastifyReply;
    const host = new ExecutionContextHost([exchange.request, exchange], GraphqlSubscriptions, subscribe);
    await this.guard.canActivate(host);
    return { caller: callerOf(host), reply: exchange };
  }

  private problemOf(error: unknown): Problem {
    const problem = toProblem(error);
    if (problem.kind.status >= 500) this.log.warn({ err: problem.options.cause ?? problem }, problem.kind.title);
    return problem;
  }
}

/** The handler that the guards read the decorators of. */
function subscribe(): void {
  // A subscription has no handler of its own: its field has.
}

/** The request of one subscription, with the credentials of connection_init. */
function requestWith(request: FastifyRequest, params: Readonly<Record<string, unknown>>): FastifyRequest {
  const credentials: Record<string, string | undefined> = { authorization: undefined, 'x-api-key': undefined };
  for (const [name, value] of Object.entries(params)) {
    if (Object.hasOwn(credentials, name.toLowerCase()) && typeof value === 'string')
      credentials[name.toLowerCase()] = value;
  }
  return Object.create(request, {
    headers: { value: { ...request.headers, ...credentials } },
    isToBeCounted: { value: true, writable: true },
    user: { value: undefined, writable: true },
  }) as FastifyRequest;
}
