import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hostname } from 'node:os';
import type { PinoLogger } from 'nestjs-pino';
import type { LogOutput } from '../../logging/log-output.ts';
import { traceFields } from '../../logging/request-context.ts';
import { isProbe, patternOf } from './request-target.ts';
import { contextOf } from './request-hooks.ts';

/** The logged part of an unmatched path, in characters. */
const pathMaxLength = 256;

/**
 * Logs one line for each request: after its response was sent or, with `aborted`, when the client has disconnected. An
 * aborted request has a status only if response headers were sent, as for an event stream.
 */
export function logRequests(server: FastifyInstance, { logger }: PinoLogger, output: LogOutput): void {
  // Written without pino: the members below contain no secret, and its hooks would cost more than the line itself.
  const { pid } = process;
  const host = hostname();
  onRequestEnd(server, (request, reply, aborted) => {
    const route = patternOf(request);
    const level = isProbe(route) ? 'debug' : 'info';
    if (!logger.isLevelEnabled(level)) return;
    const context = contextOf(request);
    const { requestId, ip, principalId, apiKeyId, graphqlOperation } = context;
    const line = {
      level,
      time: new Date().toISOString(),
      pid,
      hostname: host,
      method: request.method,
      status: reply.raw.headersSent ? reply.statusCode : undefined,
      durationMs: Math.round(reply.elapsedTime * 10) / 10,
      requestId,
      ip,
      ...traceFields(context),
      principalId,
      apiKeyId,
      aborted,
      graphqlOperation,
      route: route ?? 'unmatched',
      path: route === undefined ? unmatchedPath(request) : undefined,
      msg: 'request',
    };
    output.defer(`${JSON.stringify(line)}\n`);
  });
}

/** Calls `end` once for each request: after its response was sent, or when the client has disconnected. */
export function onRequestEnd(
  server: FastifyInstance,
  end: (request: FastifyRequest, reply: FastifyReply, aborted?: true) => void,
): void {
  server.addHook('onRequest', (request, reply, done) => {
    // onResponse runs only for complete responses; an event stream never completes.
    reply.raw.on('close', () => {
      if (!reply.raw.writableFinished) end(request, reply, true);
    });
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    end(request, reply);
    done();
  });
}

/** The path as it was sent, without the query, which may contain secrets. */
function unmatchedPath({ originalUrl }: FastifyRequest): string | undefined {
  // A target in absolute form may contain a user name and a password.
  return originalUrl.startsWith('/') ? originalUrl.split(/[?#]/, 1)[0]?.slice(0, pathMaxLength) : undefined;
}
