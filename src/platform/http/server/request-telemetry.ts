import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../../telemetry/metrics.ts';
import { failSpan, isTracing } from '../../telemetry/tracing.ts';
import { contextOf } from './request-hooks.ts';
import { onRequestEnd } from './request-log.ts';
import { patternOf } from './request-target.ts';

/** In seconds, as OpenTelemetry's semantic conventions advise. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** Node accepts more methods, and Fastify responds to them. */
const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Measures requests while metrics are on, and ends their spans while tracing is on. */
export function observeRequests(server: FastifyInstance, metrics: Metrics): void {
  if (metrics.isEnabled) measureRequests(server, metrics);
  if (isTracing()) endSpans(server);
}

/**
 * Measures `http.server.request.duration` of OpenTelemetry's semantic conventions. Paths are no labels: clients choose
 * them. The status of an aborted request without response headers is empty.
 */
function measureRequests(server: FastifyInstance, metrics: Metrics): void {
  const observe = metrics.histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Duration of HTTP requests, by method, route template and status.',
    labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
    buckets,
  });
  onRequestEnd(server, (request, reply) => {
    observe(reply.elapsedTime / 1000, {
      http_request_method: knownMethods.has(request.method) ? request.method : '_OTHER',
      http_route: patternOf(request) ?? 'unmatched',
      http_response_status_code: reply.raw.headersSent ? String(reply.statusCode) : '',
    });
  });
}

function endSpans(server: FastifyInstance): void {
  onRequestEnd(server, (request, reply) => {
    const { span } = contextOf(request);
    if (span === undefined) return;
    if (reply.raw.headersSent) span.setAttribute('http.response.status_code', reply.statusCode);
    if (reply.statusCode >= 500) failSpan(span, String(reply.statusCode));
    span.end();
  });
}
