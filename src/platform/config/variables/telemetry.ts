import { z } from 'zod';
import type { Variable } from './values.ts';
import { boolean, httpUrl, integer } from './values.ts';

const section = 'Telemetry';

/** Metrics, traces and reports of errors (docs/operations/telemetry.md). Each is off unless its first variable is set. */
export const telemetryVariables = {
  METRICS_PORT: {
    section,
    description:
      'Port on which GET /metrics returns metrics in the text format of Prometheus; 0 chooses a free one. Off by ' +
      'default.',
    schema: integer(0, 65_535),
  },
  METRICS_HOST: {
    section,
    description:
      'IP address to listen on for metrics, which need no credentials: another one than loopback belongs behind a ' +
      'firewall.',
    schema: z.string(),
    default: '127.0.0.1',
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    section,
    description:
      'URL of an OpenTelemetry collector that receives traces by OTLP over HTTP, such as http://127.0.0.1:4318. Off by ' +
      'default.',
    schema: httpUrl,
  },
  OTEL_SDK_DISABLED: {
    section,
    description: 'true turns traces off although there is a collector.',
    schema: boolean,
    default: 'false',
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    section,
    description: 'Headers of requests to the collector, as name=value separated by commas; values are percent-encoded.',
    schema: z.string().transform((text, context): Readonly<Record<string, string>> => {
      const headers = headersOf(text);
      if (headers !== undefined) return headers;
      context.addIssue({ code: 'custom', message: 'must be name=value, separated by commas' });
      return z.NEVER;
    }),
    secret: true,
  },
  OTEL_SERVICE_NAME: {
    section,
    description: 'Name of the service in its traces.',
    schema: z.string().max(255),
    default: 'plinth',
  },
  OTEL_TRACES_SAMPLER_ARG: {
    section,
    description:
      'Share of the traces that begin here and are exported, 0 to 1. A trace that a caller began follows its decision.',
    schema: z
      .string()
      .regex(/^(0(\.\d+)?|1(\.0+)?)$/, 'must be a number from 0 to 1')
      .transform(Number),
    default: '1',
  },
  SENTRY_DSN: {
    section,
    description:
      'Sends unexpected errors to Sentry; needs the package @sentry/node, which the service does not install. Off by ' +
      'default.',
    schema: z
      .string()
      .refine((value) => /^https?:\/\/[^@/\s]+@[^/\s]+\/\S+$/.test(value), 'must be the DSN of a project in Sentry'),
    secret: true,
  },
} satisfies Record<string, Variable>;

/** The configuration of telemetry. */
export interface TelemetryConfig {
  /** Undefined: no metrics. */
  readonly metrics: { readonly host: string; readonly port: number } | undefined;
  /** Undefined: no traces. */
  readonly tracing: TracingConfig | undefined;
  /** Undefined: no reports of errors. */
  readonly sentry: { readonly dsn: string; readonly environment: string } | undefined;
}

export interface TracingConfig {
  /** Without a trailing slash; the path of traces is appended to it. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  /** Share of the traces without a parent, 0 to 1. */
  readonly samplingRatio: number;
}

type Parsed = { readonly NODE_ENV: string } & {
  readonly [Name in keyof typeof telemetryVariables]: (typeof telemetryVariables)[Name] extends { default: string }
    ? z.output<(typeof telemetryVariables)[Name]['schema']>
    : z.output<(typeof telemetryVariables)[Name]['schema']> | undefined;
};

export function telemetryConfig(parsed: Parsed): TelemetryConfig {
  const { METRICS_PORT: port, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, SENTRY_DSN: dsn } = parsed;
  return {
    metrics: port === undefined ? undefined : { host: parsed.METRICS_HOST, port },
    tracing:
      endpoint === undefined || parsed.OTEL_SDK_DISABLED
        ? undefined
        : {
            endpoint,
            headers: parsed.OTEL_EXPORTER_OTLP_HEADERS ?? {},
            serviceName: parsed.OTEL_SERVICE_NAME,
            samplingRatio: parsed.OTEL_TRACES_SAMPLER_ARG,
          },
    sentry: dsn === undefined ? undefined : { dsn, environment: parsed.NODE_ENV },
  };
}

/** Headers in the form of W3C Baggage without properties (OpenTelemetry's specification of the exporter). */
function headersOf(text: string): Readonly<Record<string, string>> | undefined {
  try {
    const entries = text.split(',').map((entry) => {
      const [, name, value] = /^\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*(\S*)\s*$/.exec(entry) ?? [];
      if (name === undefined || value === undefined) throw new Error('Not a header');
      return [name.toLowerCase(), decodeURIComponent(value)] as const;
    });
    return Object.fromEntries(entries);
  } catch {
    return undefined;
  }
}
