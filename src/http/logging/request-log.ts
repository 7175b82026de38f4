import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PinoLogger } from 'nestjs-pino';
import { traceIdOf } from '../../logging/request-context.ts';
import { contextOf } from '../server/edge.ts';

/** Asked several times a second by machines: worth a line only when somebody debugs. */
const probes = new Set(['/livez', '/readyz', '/startupz', '/health/live', '/health/ready']);

/** Of a path that no route has: enough to tell which it was. */
const pathMaxLength = 256;

/**
 * Writes one line for every request: when its reply has been sent, or, with `aborted`, when its caller is gone. An
 * aborted request has a status only if the caller was sent one, as the reader of a stream is.
 */
export function logRequests(server: FastifyInstance, { logger }: PinoLogger): void {
  // What a line says is listed below, and none of it is secret: looking through it for secrets takes longer than writing it.
  const log = logger.child({}, { redact: [] });
  const write = (request: FastifyRequest, line: object): void => {
    const route = request.routeOptions.url;
    if (route !== undefined && probes.has(route)) log.debug({ ...line, route }, 'request');
    else log.info({ ...line, ...(route === undefined ? unmatched(request) : { route }) }, 'request');
  };
  server.addHook('onRequest', (request, reply, done) => {
    // Fastify tells of complete replies alone; a reader of events always leaves before there is one.
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) write(request, { ...lineOf(request, reply), aborted: true });
    });
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    write(request, lineOf(request, reply));
    done();
  });
}

/** The path as it was sent, without the query, where secrets may be. */
function unmatched({ originalUrl }: FastifyRequest): object {
  // A target in another form may name a user and a password.
  if (!originalUrl.startsWith('/')) return { route: 'unmatched' };
  return { route: 'unmatched', path: originalUrl.split(/[?#]/, 1)[0]?.slice(0, pathMaxLength) };
}

function lineOf(request: FastifyRequest, reply: FastifyReply): object {
  const context = contextOf(request);
  const { requestId, ip, principalId } = context;
  const traceId = traceIdOf(context);
  return {
    method: request.method,
    ...(reply.raw.headersSent ? { status: reply.statusCode } : {}),
    durationMs: Math.round(reply.elapsedTime * 10) / 10,
    requestId,
    ip,
    ...(traceId === undefined ? {} : { traceId }),
    ...(principalId === undefined ? {} : { principalId }),
  };
}
