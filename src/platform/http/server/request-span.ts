import type { Span } from '@opentelemetry/api';
import type { FastifyRequest } from 'fastify';
import { isTracing, startSpan } from '../../telemetry/tracing.ts';
import { isProbe, patternOf } from './request-target.ts';

/**
 * Starts the span of a request, by OpenTelemetry's conventions for HTTP servers. Paths, queries, IP addresses and user
 * agents are no attributes: they may identify users.
 * @param traceparent of the caller
 */
export function startRequestSpan(request: FastifyRequest, traceparent: string | undefined): Span | undefined {
  if (!isTracing()) return undefined;
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
