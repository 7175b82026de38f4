import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PinoLogger } from 'nestjs-pino';
import { traceIdOf } from '../../logging/request-context.ts';
import { contextOf } from './request-hooks.ts';

/** Probes run several times a second: they are logged at level debug. */
const probes = new Set(['/livez', '/readyz', '/startupz', '/health/live', '/health/ready']);

/** The logged part of an unmatched path, in characters. */
const pathMaxLength = 256;

/**
 * Logs one line for each request: after its response was sent or, with `aborted`, when the client has disconnected. An
 * aborted request has a status only if response headers were sent, as for an event stream.
 */
export function logRequests(server: FastifyInstance, { logger }: PinoLogger): void {
  // The fields below contain no secret, and redaction would cost more than the line itself.
  const log = logger.child({}, { redact: [] });
  const write = (request: FastifyRequest, line: object): void => {
    const route = request.routeOptions.url;
    if (route !== undefined && probes.has(route)) log.debug({ ...line, route }, 'request');
    else log.info({ ...line, ...(route === undefined ? unmatched(request) : { route }) }, 'request');
  };
  server.addHook('onRequest', (request, reply, done) => {
    // onResponse runs only for complete responses; an event stream never completes.
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

/** The path as it was sent, without the query, which may contain secrets. */
function unmatched({ originalUrl }: FastifyRequest): object {
  // A target in absolute form may contain a user name and a password.
  if (!originalUrl.startsWith('/')) return { route: 'unmatched' };
  return { route: 'unmatched', path: originalUrl.split(/[?#]/, 1)[0]?.slice(0, pathMaxLength) };
}

function lineOf(request: FastifyRequest, reply: FastifyReply): object {
  const context = contextOf(request);
  const { requestId, ip, principalId, apiKeyId } = context;
  const traceId = traceIdOf(context);
  return {
    method: request.method,
    ...(reply.raw.headersSent ? { status: reply.statusCode } : {}),
    durationMs: Math.round(reply.elapsedTime * 10) / 10,
    requestId,
    ip,
    ...(traceId === undefined ? {} : { traceId }),
    ...(principalId === undefined ? {} : { principalId }),
    ...(apiKeyId === undefined ? {} : { apiKeyId }),
  };
}
