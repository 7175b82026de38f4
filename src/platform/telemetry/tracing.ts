import type * as OpenTelemetry from '@opentelemetry/api';
import type { Attributes, Context, Span, Tracer } from '@opentelemetry/api';

/** What starts spans while tracing is on. */
export interface Tracing {
  readonly api: typeof OpenTelemetry;
  readonly tracer: Tracer;
}

interface SpanOptions {
  readonly kind: 'SERVER' | 'CLIENT' | 'CONSUMER' | 'INTERNAL';
  readonly attributes: Attributes;
  /** The remote parent (W3C Trace Context), unless a span is active. */
  readonly traceparent?: string | null | undefined;
}

let tracing: Tracing | undefined;

/** Makes this thread trace, from now on. */
export function useTracing(enabled: Tracing): void {
  tracing = enabled;
}

export function isTracing(): boolean {
  return tracing !== undefined;
}

/** Starts a span, which the caller ends. Undefined while tracing is off. */
export function startSpan(name: string, { kind, attributes, traceparent }: SpanOptions): Span | undefined {
  if (tracing === undefined) return undefined;
  const { api, tracer } = tracing;
  const active = api.context.active();
  const parent = api.trace.getSpan(active) === undefined ? remoteContext(api, traceparent) : active;
  return tracer.startSpan(name, { kind: api.SpanKind[kind], attributes }, parent);
}

/** Starts a span in a trace that is exported. Undefined without one: what polls has no trace. */
export function startChildSpan(name: string, options: Omit<SpanOptions, 'traceparent'>): Span | undefined {
  const isRecorded = tracing?.api.trace.getActiveSpan()?.isRecording() === true;
  return isRecorded ? startSpan(name, options) : undefined;
}

/** Marks a span as failed. The message of an error may contain personal data: only its type is exported. */
export function failSpan(span: Span, errorType: string): void {
  span.setAttribute('error.type', errorType);
  if (tracing !== undefined) span.setStatus({ code: tracing.api.SpanStatusCode.ERROR });
}

/** Runs `work`, and everything it starts, with this span as the active one. */
export function withSpan<T>(span: Span | undefined, work: () => T): T {
  if (tracing === undefined || span === undefined) return work();
  const { context, trace } = tracing.api;
  return context.with(trace.setSpan(context.active(), span), work);
}

/** Runs `work`, and everything it starts, outside of any trace. */
export function withoutSpan<T>(work: () => T): T {
  return tracing === undefined ? work() : tracing.api.context.with(tracing.api.ROOT_CONTEXT, work);
}

/** The value with which others continue the trace (W3C Trace Context, version 00). */
export function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

function remoteContext(api: typeof OpenTelemetry, traceparent: string | null | undefined): Context {
  const [, traceId = '', spanId = '', flags = ''] = traceparent?.split('-') ?? [];
  const remote = { traceId, spanId, traceFlags: parseInt(flags, 16) & api.TraceFlags.SAMPLED, isRemote: true };
  if (!api.isSpanContextValid(remote)) return api.ROOT_CONTEXT;
  return api.trace.setSpanContext(api.ROOT_CONTEXT, remote);
}
