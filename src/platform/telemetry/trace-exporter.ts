import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { packageVersion } from '../config/package-version.ts';
import type { TracingConfig } from '../config/variables/telemetry.ts';
import { useTracing } from './tracing.ts';

/** A collector that does not respond delays the end of the process by this time at most. */
const shutdownTimeoutMs = 2000;

/**
 * Starts to trace, and exports by OTLP over HTTP. If a program that was loaded before the service (`node --import`) has
 * registered a tracer provider, that one receives the spans. Returns the function that exports the last spans.
 */
export async function startTracing(config: TracingConfig): Promise<() => Promise<void>> {
  const [api, contexts, sdk, exporters, resources] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/context-async-hooks'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  const provider = new sdk.TracerProvider({
    resource: resources
      .defaultResource()
      .merge(resources.resourceFromAttributes({ 'service.version': packageVersion() }))
      .merge(resources.detectResources({ detectors: [resources.resourceAttributesEnvDetector] }))
      .merge(resources.resourceFromAttributes({ 'service.name': config.serviceName })),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(config.samplingRatio) }),
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        exporter: new exporters.OTLPTraceExporter({ url: `${config.endpoint}/v1/traces`, headers: config.headers }),
      }),
    ],
  });
  api.diag.setLogger(failureLogger(), { logLevel: api.DiagLogLevel.ERROR, suppressOverrideMessage: true });
  const isOwn = api.trace.setGlobalTracerProvider(provider);
  if (isOwn) api.context.setGlobalContextManager(new contexts.AsyncLocalStorageContextManager().enable());
  useTracing({ api, tracer: api.trace.getTracer(config.serviceName, packageVersion()) });
  return async () => {
    if (!isOwn) return;
    await Promise.race([
      provider.shutdown().catch(() => undefined),
      delay(shutdownTimeoutMs, undefined, { ref: false }),
    ]);
  };
}

/** Failed exports, one line for each batch of spans that is lost. */
function failureLogger(): Record<'error' | 'warn' | 'info' | 'debug' | 'verbose', (...args: unknown[]) => void> {
  const log = new Logger('Tracing');
  const ignore = (): void => undefined;
  return {
    error: (message) => {
      log.warn({ reason: String(message).slice(0, 500) }, 'Traces could not be exported');
    },
    ...{ warn: ignore, info: ignore, debug: ignore, verbose: ignore },
  };
}
