import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PinoLogger } from 'nestjs-pino';
import { contextOf } from '../server/edge.ts';

/** Asked several times a second by machines: worth a line only when somebody debugs. */
const probes = new Set(['/livez', '/readyz', '/startupz', '/health/live', '/health/ready']);

/** Writes one line for every request when its reply has been sent. */
export function logRequests(server: FastifyInstance, log: PinoLogger): void {
  server.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url;
    const line = { ...lineOf(request, reply), route: route ?? 'unmatched' };
    if (route !== undefined && probes.has(route)) log.debug(line, 'request');
    else log.info(line, 'request');
    done();
  });
}

function lineOf(request: FastifyRequest, reply: FastifyReply): object {
  const { requestId, ip, principalId } = contextOf(request);
  return {
    method: request.method,
    status: reply.statusCode,
    durationMs: Math.round(reply.elapsedTime * 10) / 10,
    requestId,
    ip,
    ...(principalId === undefined ? {} : { principalId }),
  };
}
