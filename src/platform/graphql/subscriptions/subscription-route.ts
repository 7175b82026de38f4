import type { IncomingMessage } from 'node:http';
import { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { handleProtocols } from 'graphql-ws';
import { WebSocketServer } from 'ws';
import type { HttpConfig, ServiceConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { BadRequest, MethodNotAllowed } from '../../http/problem/http.errors.ts';
import { GraphqlSocket } from './graphql-socket.ts';
import { GraphqlSubscriptions } from './graphql-subscriptions.ts';

const webSocketOptions = {
  noServer: true,
  clientTracking: false,
  /** In bytes. A connection keeps the message of each open subscription, and the one with its credentials. */
  maxPayload: 16 * 1024,
  /** A client that does not respond to the close of its WebSocket is disconnected after this time, in milliseconds. */
  closeTimeout: 1000,
  handleProtocols,
};

/**
 * The route of the handshake. It has the hooks of every request: the rate limit by IP address, the request context and
 * the line of the log, which is written when the client has disconnected.
 */
@Injectable()
export class SubscriptionRoute implements OnModuleDestroy, OnModuleInit {
  private readonly webSockets = new WebSocketServer(webSocketOptions);
  /** What the client has sent after each handshake. */
  private readonly heads = new WeakMap<IncomingMessage, Buffer>();
  private readonly sockets = new Set<GraphqlSocket>();

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly subscriptions: GraphqlSubscriptions,
    @Inject(configToken('http')) private readonly http: HttpConfig,
    @Inject(configToken('service')) private readonly service: ServiceConfig,
  ) {}

  onModuleInit(): void {
    const server = this.host.httpAdapter.getInstance<FastifyInstance>();
    server.route({
      method: 'GET',
      url: '/graphql',
      exposeHeadRoute: false,
      handler: (request, reply) => {
        this.open(request, reply);
      },
    });
    server.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      const response = responseOn(socket, request);
      if (response === undefined) {
        socket.destroy();
        return;
      }
      // A refused handshake: Node parses no other request on this connection.
      response.shouldKeepAlive = false;
      response.once('finish', () => {
        (socket as Socket).destroySoon();
      });
      this.heads.set(request, head);
      // Not server.routing(): an overloaded process refuses handshakes too, and a shutdown counts them as requests.
      server.server.emit('request', request, response);
    });
  }

  /** EventStreams ends those with credentials only; the others would delay the shutdown until they have to send some. */
  onModuleDestroy(): void {
    for (const socket of this.sockets) socket.end('shutdown');
  }

  /**
   * @throws MethodNotAllowed unless the request is a handshake; BadRequest when it is malformed, has credentials or a
   * foreign origin
   */
  private open(request: FastifyRequest, reply: FastifyReply): void {
    const head = this.heads.get(request.raw);
    if (head === undefined) throw new MethodNotAllowed({ headers: { Allow: 'POST' } });
    // The rate limit would count them with the response, and there is none.
    if (request.isToBeCounted) throw new BadRequest({ detail: 'Send the credentials with connection_init.' });
    if (!this.isAllowed(request))
      throw new BadRequest({ detail: 'CORS_ORIGINS does not list the origin of the page.' });
    if (!isWellFormed(request))
      throw new BadRequest({
        detail: 'The handshake has no valid Sec-WebSocket-Key, or another version of the protocol.',
        headers: { 'Sec-WebSocket-Version': '13' },
      });
    reply.hijack();
    this.webSockets.handleUpgrade(request.raw, request.raw.socket, head, (webSocket) => {
      const socket = new GraphqlSocket(webSocket);
      this.sockets.add(socket);
      socket.onClose(() => this.sockets.delete(socket));
      this.subscriptions.open({ socket, request, reply });
    });
  }

  /** Browsers send the origin of the page, and let pages of every origin open a WebSocket. */
  private isAllowed({ headers: { origin, host } }: FastifyRequest): boolean {
    if (origin === undefined || origin === new URL(this.service.publicUrl).origin) return true;
    return this.http.corsOrigins.includes(origin) || (URL.canParse(origin) && new URL(origin).host === host);
  }
}

/** Undefined while the connection still has to send the response to an earlier request: Node would throw. */
function responseOn(socket: Duplex, request: IncomingMessage): ServerResponse | undefined {
  const response = new ServerResponse(request);
  try {
    response.assignSocket(socket as Socket);
    return response;
  } catch {
    return undefined;
  }
}

/** The handshake of RFC 6455 §4.2.1: ws would refuse others with a response of its own. */
function isWellFormed({ headers }: FastifyRequest): boolean {
  return headers['sec-websocket-version'] === '13' && /^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '');
}
