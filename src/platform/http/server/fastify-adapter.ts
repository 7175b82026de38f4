import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { HttpConfig } from '../../config/config.ts';
import type { Links } from '../../config/links.ts';
import { RequestHeaderFieldsTooLarge, BadRequest, RequestTimeout } from '../problem/http.errors.ts';
import type { Problem } from '../problem/problem.ts';
import { bodyTimeouts } from './body-timeout.ts';
import { rawResponse, writeRawResponse } from './raw-response.ts';
import { routableTarget } from './request-target.ts';

/** The limit of a JSON body, in bytes. */
export const bodyLimit = 256 * 1024;

/** The limit of the request line and the headers together, in bytes. */
const maxHeaderSize = 16 * 1024;

/** The HTTP server with all its limits. It responds with problem details also to bytes that are not HTTP. */
export function fastifyAdapter(config: HttpConfig, links: Links): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit,
    genReqId: requestIdOf,
    trustProxy: config.trustedProxyHops === 0 ? false : (_address, hop) => hop < config.trustedProxyHops,
    rewriteUrl: routableTarget,
    // The request hooks refuse a long parameter with a problem, after the rate limit.
    routerOptions: { maxParamLength: maxHeaderSize },
    keepAliveTimeout: 65_000,
    // The limit of the longest upload: limitBodyTime() ends others earlier.
    requestTimeout: (bodyTimeouts.streamed + 30) * 1000,
    return503OnClosing: false,
    // Node would respond to a missing Host header with an empty 400; the request hooks send a problem.
    http: { requireHostHeader: false, headersTimeout: 15_000, maxHeaderSize },
    clientErrorHandler: (error, socket) => {
      rejectUnparsableRequest(error, socket, links);
    },
  });
}

/** The `X-Request-Id` of the client if it is valid (1 to 64 of A–Z a–z 0–9 _ -), else a new UUIDv7. */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const received = request.headers['x-request-id'];
  return typeof received === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(received) ? received : newRequestId();
}

/**
 * A UUIDv7 (RFC 9562 §5.7); those of one millisecond have no order. Four times as fast as the package uuid, because Node
 * requests the random bits of many UUIDs at once.
 */
function newRequestId(): string {
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
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
