import type { Span } from '@opentelemetry/api';
import type { FastifyRequest } from 'fastify';
import { startSpan } from '../../telemetry/tracing.ts';
import { patternOf } from './request-target.ts';

/** Probes run several times a second: they are logged at level debug, and not traced. */
const probes = new Set(['/livez', '/readyz', '/startupz', '/health/live', '/health/ready']);

/** Whether a route with this pattern is a probe. */
export function isProbe(pattern: string | undefined): boolean {
  return pattern !== undefined && probes.has(pattern);
}

/**
 * Starts the span of a request, by OpenTelemetry's conventions for HTTP servers. Paths, queries, IP addresses and user
 * agents are no attributes: they may identify users.
 * @param traceparent of the caller
 */
export function startRequestSpan(request: FastifyRequest, traceparent: string | undefined): Span | undefined {
  const route = patternOf(request);
  if (isProbe(route)) return undefined;
  const { method } = request;
  return startSpan(route === undefined ? method : `${method} ${route}`, {
    kind: 'SERVER',
    traceparent,
    attributes: {
      'http.request.method': method,
      'url.scheme': request.protocol,
      ...(route !== undefined && { 'http.route': route }),
    },
  });
}
