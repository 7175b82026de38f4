import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { HttpConfig } from '../../config/config.ts';
import type { Links } from '../../config/links.ts';
import { RequestHeaderFieldsTooLarge, BadRequest, RequestTimeout } from '../problem/http.errors.ts';
import type { Problem } from '../problem/problem.ts';
import { bodyTimeouts } from './body-timeout.ts';
import type { LoadMonitor } from '../overload/load-monitor.ts';
import { shedLoad } from '../overload/load-shedding.ts';
import { newRequestId, requestIdOf } from './request-id.ts';
import { rawResponse, writeRawResponse } from './raw-response.ts';
import { routableTarget } from './request-target.ts';

/** The limit of a JSON body, in bytes. */
export const bodyLimit = 256 * 1024;

/** The limit of the request line and the headers together, in bytes. */
const maxHeaderSize = 16 * 1024;

/** The limit of the time until the headers are complete, also on a new connection. */
const headersTimeoutMs = 15_000;

/** The HTTP server with all its limits. It responds with problem details also to bytes that are not HTTP. */
export function fastifyAdapter(config: HttpConfig, links: Links, load: LoadMonitor): FastifyAdapter {
  return new FastifyAdapter({
    serverFactory: (serve: RequestListener) => httpServer(shedLoad(serve, { load, links, config }), config),
    bodyLimit,
    genReqId: requestIdOf,
    trustProxy: config.trustedProxyHops === 0 ? false : (_address, hop) => hop < config.trustedProxyHops,
    rewriteUrl: routableTarget,
    // The request hooks refuse a long parameter with a problem, after the rate limit.
    routerOptions: { maxParamLength: maxHeaderSize },
    return503OnClosing: false,
    clientErrorHandler: (error, socket) => {
      rejectUnparsableRequest(error, socket, links);
    },
  });
}

function httpServer(serve: RequestListener, { graphql }: Pick<HttpConfig, 'graphql'>): Server {
  const options = {
    keepAliveTimeout: 65_000,
    headersTimeout: headersTimeoutMs,
    // The limit of the longest upload: limitBodyTime() ends others earlier.
    requestTimeout: (bodyTimeouts.streamed + 30) * 1000,
    // The default is 30 s: headers could arrive for three times as long as the limit.
    connectionsCheckingInterval: 1000,
    // Node would respond to a missing Host header with an empty 400; the request hooks send a problem.
    requireHostHeader: false,
    // Every other request with an Upgrade header is served as one without it.
    shouldUpgradeCallback: (request: IncomingMessage) => graphql && isSubscriptionHandshake(request),
    maxHeaderSize,
  };
  return createServer(options, serve);
}

/** Whether a request opens the WebSocket of GraphQL subscriptions (platform/graphql/subscriptions). */
function isSubscriptionHandshake({ method, url = '', headers }: IncomingMessage): boolean {
  return method === 'GET' && url.split('?', 1)[0] === '/graphql' && headers.upgrade?.toLowerCase() === 'websocket';
}

/** An error of Node's HTTP parser, with the bytes that it could not parse. */
type ParserError = NodeJS.ErrnoException & { readonly rawPacket?: unknown };

/** Responds to bytes that are not HTTP. No rate limit counts them; each costs the client a connection. */
function rejectUnparsableRequest(error: ParserError, socket: Socket, links: Links): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const response = rawResponse(problemOf(error), newRequestId(), links);
  // The client of a HEAD request would parse a body as the next response.
  writeRawResponse(socket, isHead(error.rawPacket) ? { ...response, body: '' } : response);
}

function isHead(bytes: unknown): boolean {
  return bytes instanceof Buffer && bytes.subarray(0, 5).toString('latin1') === 'HEAD ';
}

function problemOf(error: NodeJS.ErrnoException): Problem {
  if (error.code === 'HPE_HEADER_OVERFLOW') return new RequestHeaderFieldsTooLarge();
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return new RequestTimeout();
  return new BadRequest();
}
