import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { v7 as uuidv7 } from 'uuid';
import type { HttpConfig } from '../../config/config.ts';
import type { Links } from '../../config/links.ts';
import { HeadersTooLarge, RequestMalformed, RequestTimedOut } from '../problem/edge.errors.ts';
import type { Problem } from '../problem/problem.ts';
import { bareReply, writeBareReply } from './bare-reply.ts';
import { requestIdOf } from './request-id.ts';
import { routableTarget } from './request-target.ts';

/** Bytes of a JSON body. */
export const bodyLimit = 256 * 1024;

/** Bytes of a request line with its headers. */
const maxHeaderSize = 16 * 1024;

/** The HTTP server with every limit set, answering problem details also where there is no request. */
export function fastifyAdapter(config: HttpConfig, links: Links): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit,
    genReqId: requestIdOf,
    trustProxy: config.trustedProxyHops === 0 ? false : (_address, hop) => hop < config.trustedProxyHops,
    rewriteUrl: routableTarget,
    // Whatever fits into a head: what is too long is refused by the edge, in words and counted.
    routerOptions: { maxParamLength: maxHeaderSize },
    keepAliveTimeout: 65_000,
    requestTimeout: 30_000,
    return503OnClosing: false,
    // Without it Node answers a missing Host with an empty 400; the edge refuses it in words.
    http: { requireHostHeader: false, headersTimeout: 15_000, maxHeaderSize },
    clientErrorHandler: (error, socket) => {
      answerBrokenRequest(error, socket, links);
    },
  });
}

/** What Node's parser gave up on, with the bytes that it was reading. */
type BrokenRequest = NodeJS.ErrnoException & { readonly rawPacket?: unknown };

/** Bytes that are no HTTP request: there is a socket and nothing else. Counted by no limit: each costs a connection. */
function answerBrokenRequest(error: BrokenRequest, socket: Socket, links: Links): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const reply = bareReply(brokenRequest(error), uuidv7(), links);
  // Whoever sent a HEAD would take a body for the next reply.
  writeBareReply(socket, isHead(error.rawPacket) ? { ...reply, body: '' } : reply);
}

function isHead(bytes: unknown): boolean {
  return bytes instanceof Buffer && bytes.subarray(0, 5).toString('latin1') === 'HEAD ';
}

function brokenRequest(error: NodeJS.ErrnoException): Problem {
  if (error.code === 'HPE_HEADER_OVERFLOW') return new HeadersTooLarge();
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return new RequestTimedOut();
  return new RequestMalformed();
}
