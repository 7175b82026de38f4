import type { Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { v7 as uuidv7 } from 'uuid';
import type { HttpConfig } from '../../config/config.ts';
import { HeadersTooLarge, RequestMalformed, RequestTimedOut } from '../problem/edge.errors.ts';
import { sendProblem } from '../problem/problem.filter.ts';
import type { Problem } from '../problem/problem.ts';
import { fromStatus } from '../problem/to-problem.ts';
import { bareReply, writeBareReply } from './bare-reply.ts';
import { requestIdOf } from './request-id.ts';
import { dataHeaders } from './security-headers.ts';

/** Bytes of a JSON body. */
export const bodyLimit = 256 * 1024;

/** The HTTP server with every limit set, answering problem details also where no route is involved. */
export function fastifyAdapter(config: HttpConfig): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit,
    genReqId: requestIdOf,
    trustProxy: config.trustedProxyHops === 0 ? false : (_address, hop) => hop < config.trustedProxyHops,
    routerOptions: { maxParamLength: 256 },
    keepAliveTimeout: 65_000,
    requestTimeout: 30_000,
    return503OnClosing: false,
    // Without it Node answers a missing Host with an empty 400; the edge refuses it in words.
    http: { requireHostHeader: false, headersTimeout: 15_000, maxHeaderSize: 16 * 1024 },
    frameworkErrors: answerWithoutRoute,
    clientErrorHandler: answerBrokenRequest,
  });
}

/** A target that can't be decoded, or a path parameter that is too long: no hook runs for these. */
function answerWithoutRoute(
  error: { statusCode?: number },
  request: Pick<FastifyRequest, 'id' | 'method' | 'ip'>,
  reply: Pick<FastifyReply, 'headers' | 'status'>,
): void {
  void reply.headers({ ...dataHeaders, 'x-request-id': request.id });
  const problem = fromStatus(error.statusCode ?? 400, error) ?? new RequestMalformed({ cause: error });
  sendProblem(reply, problem, request.id);
  const { method, id, ip } = request;
  new Logger('Http').log({ method, status: problem.kind.status, requestId: id, ip, route: 'unmatched' }, 'request');
}

/** What Node's parser gave up on, with the bytes that it was reading. */
type BrokenRequest = NodeJS.ErrnoException & { readonly rawPacket?: unknown };

/** Bytes that are no HTTP request: there is a socket and nothing else. */
function answerBrokenRequest(error: BrokenRequest, socket: Socket): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const reply = bareReply(brokenRequest(error), uuidv7());
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
