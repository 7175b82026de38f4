import { describe, expect, it } from '@jest/globals';
import { errorsOf } from '../../../../test/harness/app/config.ts';
import { parseConfig } from '../config.ts';

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318/' };

describe('The variables of telemetry', () => {
  it('turn everything off by default', () => {
    expect(parseConfig({}).telemetry).toEqual({ metrics: undefined, tracing: undefined, sentry: undefined });
  });

  it('turn on metrics on loopback, traces and reports', () => {
    const dsn = 'https://key@sentry.example.com/1';
    const headers = { OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Basic%20YTpi, x-tenant=a' };

    expect(parseConfig({ METRICS_PORT: '9464', ...endpoint, ...headers, SENTRY_DSN: dsn }).telemetry).toEqual({
      metrics: { host: '127.0.0.1', port: 9464 },
      tracing: {
        endpoint: 'http://127.0.0.1:4318',
        headers: { authorization: 'Basic YTpi', 'x-tenant': 'a' },
        serviceName: 'plinth',
        samplingRatio: 1,
      },
      sentry: { dsn, environment: 'development' },
    });
  });

  it('turn traces off with OTEL_SDK_DISABLED', () => {
    expect(parseConfig({ ...endpoint, OTEL_SDK_DISABLED: 'true' }).telemetry.tracing).toBeUndefined();
  });

  it.each([
    [{ METRICS_PORT: '70000' }, 'METRICS_PORT: must be a whole number from 0 to 65535'],
    [{ OTEL_TRACES_SAMPLER_ARG: '2' }, 'OTEL_TRACES_SAMPLER_ARG: must be a number from 0 to 1'],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'secret' }, 'OTEL_EXPORTER_OTLP_HEADERS: must be name=value, separated by commas'],
    [{ SENTRY_DSN: 'https://sentry.example.com/1' }, 'SENTRY_DSN: must be the DSN of a project in Sentry'],
  ])('are rejected with the reason: %j', (variables, problem) => {
    expect(errorsOf(variables)).toEqual([problem]);
  });
});
