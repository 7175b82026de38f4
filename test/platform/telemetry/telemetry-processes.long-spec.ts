import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { freePort } from '../../../src/platform/dev-postgres/server.ts';
import { emptyDatabase } from '../../harness/database/empty-database.ts';
import { Api } from '../../harness/http/api.ts';
import { onTeardown, root, ServiceProcess, temporaryFolder } from '../../harness/process/service-process.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';
import { Collector } from '../../harness/telemetry/collector.ts';
import { Scrape } from '../../harness/telemetry/scrape.ts';

const database = await emptyDatabase();
const folder = temporaryFolder();
const variables = { DATABASE_URL: database, APP_SECRET: 'the-secret-of-tests-is-public-knowledge' };
const main = join(root, 'dist/main.js');

/** The URL of the metrics, in the log line of a process that chose the port. */
async function metricsUrl(process: ServiceProcess): Promise<string> {
  const [, url = ''] = await process.waitForOutput(/"metrics":"(http:[^"]+)"/);
  return url;
}

/** The one line with which a start fails. */
async function startError(own: Readonly<Record<string, string>>): Promise<string> {
  const { code, stderr } = await ServiceProcess.start(folder, { ...variables, ...own }).ended;
  expect(code).toBe(1);
  return stderr;
}

describe('METRICS_PORT', () => {
  it('returns the metrics of an API process and of a worker process', async () => {
    const service = ServiceProcess.start(folder, { ...variables, METRICS_PORT: '0', WORKER: 'off' });
    const api = new Api(await service.url());
    const worker = ServiceProcess.run(process.execPath, [join(root, 'dist/worker.js')], {
      folder,
      variables: { ...variables, METRICS_PORT: '0' },
    });
    await api.get('/problems');

    const ofService = await Scrape.from(await metricsUrl(service));
    const ofWorker = await Scrape.from(await metricsUrl(worker));

    expect(ofService.values('http_server_request_duration_seconds_count', { http_route: '/problems' })).toEqual([1]);
    expect(ofWorker.names.has('http_server_request_duration_seconds_count')).toBe(false);
    for (const scrape of [ofService, ofWorker]) {
      expect(scrape.values('job_queue_jobs')).toHaveLength(6);
      expect(scrape.values('nodejs_eventloop_lag_p99_seconds')).toHaveLength(1);
    }
    for (const each of [service, worker]) expect(await each.stop()).toMatchObject({ code: 0, stderr: '' });
  });

  it('fails the start with one line when the port is in use', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const address = holder.address();
    const port = typeof address === 'object' ? String(address?.port) : '';

    const line = await startError({ METRICS_PORT: port });

    expect(line).toBe(`plinth: 127.0.0.1:${port} is in use by another program. Stop it, or set METRICS_PORT.\n`);
    holder.close();
  });
});

describe('SENTRY_DSN', () => {
  it('fails the start with one line when the package is not installed', async () => {
    expect(await startError({ SENTRY_DSN: 'https://key@sentry.example.com/1' })).toBe(
      'plinth: SENTRY_DSN is set, but a package is missing: npm install @sentry/node\n',
    );
  });
});

describe('OTEL_EXPORTER_OTLP_ENDPOINT', () => {
  it('loses traces, and nothing else, while the collector is unavailable', async () => {
    const port = await freePort();
    const endpoint = `http://127.0.0.1:${port}`;
    const service = ServiceProcess.start(folder, { ...variables, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    const api = new Api(await service.url());

    const { status } = await api.get('/problems');

    expect(status).toBe(200);
    // The exporter repeats a failed request for ten seconds.
    await service.waitForOutput(/Traces could not be exported/);
    expect(await service.stop()).toMatchObject({ code: 0, stderr: '' });
  });

  it('sends spans to the provider that a program before the service has registered', async () => {
    const collector = await Collector.start();
    onTeardown(async () => {
      await collector.stop();
    });
    const preload = join(folder, 'preload.mjs');
    writeFileSync(
      preload,
      `import { createRequire } from 'node:module';
       const require = createRequire('${root}/');
       const { SimpleSpanProcessor, TracerProvider } = require('@opentelemetry/sdk-trace');
       const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks');
       const api = require('@opentelemetry/api');
       api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
       const exporter = { export: (spans, done) => { for (const { name } of spans) console.log('span:' + name); done({ code: 0 }); }, shutdown: async () => {} };
       api.trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));`,
    );
    const service = ServiceProcess.run(process.execPath, ['--import', preload, main], {
      folder,
      variables: { ...variables, PORT: '0', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
    });
    const api = new Api(await service.url());

    await api.get('/problems');

    await waitUntil('the provider has the span', () => service.output.includes('span:GET /problems'));
    expect(await service.stop()).toMatchObject({ code: 0 });
    expect(collector.spans).toEqual([]);
  });
});
