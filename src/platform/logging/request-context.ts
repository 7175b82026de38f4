import type { Span } from '@opentelemetry/api';
import { ClsServiceManager } from 'nestjs-cls';
import { withoutSpan, withSpan } from '../telemetry/tracing.ts';

/** The current request; AsyncLocalStorage carries it to logs and audit rows. */
export interface RequestContext {
  readonly requestId: string;
  /** The client's IP address by the configured number of proxy hops. */
  readonly ip: string | undefined;
  readonly userAgent: string | undefined;
  /** The languages that the client prefers (RFC 9110 §12.5.4). */
  readonly acceptLanguage?: string | undefined;
  /** W3C trace context, propagated to the jobs that the request creates: of its span, or of the caller without tracing. */
  readonly traceparent?: string | undefined;
  /** Set while tracing is on. */
  readonly span?: Span | undefined;
  /** Set once the caller is authenticated. */
  principalId?: string;
  sessionId?: string;
  apiKeyId?: string;
  /** The name of the GraphQL operation, or its kind if it has no name. */
  graphqlOperation?: string;
}

type TraceContext = Pick<RequestContext, 'traceparent' | 'span'>;

/** The trace id of the request (W3C Trace Context §3.2.2.3), undefined when it has none. */
export function traceIdOf({ traceparent }: TraceContext): string | undefined {
  return traceparent?.split('-')[1];
}

/** The ids of the trace in a log line, by OpenTelemetry's names for logs in other formats. */
export function traceFields(request: TraceContext): { trace_id?: string; span_id?: string } {
  const traceId = traceIdOf(request);
  if (traceId === undefined) return {};
  return { trace_id: traceId, ...(request.span && { span_id: request.span.spanContext().spanId }) };
}

const key = Symbol('request');

/** Runs `work`, and everything it starts, in the context of a request. */
export function runInRequest<T>(context: RequestContext, work: () => T): T {
  return ClsServiceManager.getClsService().runWith({ [key]: context }, () => withSpan(context.span, work));
}

/** Starts work outside of any request, also when it continues after the current one. */
export function runOutsideRequest<T>(work: () => T): T {
  return ClsServiceManager.getClsService().exit(() => withoutSpan(work));
}

/** The current request, or undefined outside of one (boot, commands). */
export function currentRequest(): RequestContext | undefined {
  const cls = ClsServiceManager.getClsService();
  return cls.isActive() ? cls.get<RequestContext | undefined>(key) : undefined;
}
