import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PinoLogger } from 'nestjs-pino';
import { traceIdOf } from '../../logging/request-context.ts';
import { contextOf } from '../server/edge.ts';

/** Asked several times a second by machines: worth a line only when somebody debugs. */
const probes = new Set(['/livez', '/readyz', '/startupz', '/health/live', '/health/ready']);

/** Writes one line for every request when its reply has been sent, or its caller is gone. */
export function logRequests(server: FastifyInstance, { logger }: PinoLogger): void {
  // What a line says is listed below, and none of it is secret: looking through it for secrets takes longer than writing it.
  const log = logger.child({}, { redact: [] });
  const write = (request: FastifyRequest, line: object): void => {
    const route = request.routeOptions.url;
    if (route !== undefined && probes.has(route)) log.debug({ ...line, route }, 'request');
    else log.info({ ...line, route: route ?? 'unmatched' }, 'request');
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

function lineOf(request: FastifyRequest, reply: FastifyReply): object {
  const context = contextOf(request);
  const { requestId, ip, principalId } = context;
  const traceId = traceIdOf(context);
  return {
    method: request.method,
    status: reply.statusCode,
    durationMs: Math.round(reply.elapsedTime * 10) / 10,
    requestId,
    ip,
    ...(traceId === undefined ? {} : { traceId }),
    ...(principalId === undefined ? {} : { principalId }),
  };
}
