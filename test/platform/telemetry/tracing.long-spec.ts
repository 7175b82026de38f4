import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { createDatabase } from '../../harness/database/database.ts';
import { Factory } from '../../harness/database/factory.ts';
import { Api } from '../../harness/http/api.ts';
import { waitForState } from '../../harness/http/job-calls.ts';
import { onTeardown, root, ServiceProcess, temporaryFolder } from '../../harness/process/service-process.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';
import { ThreadProcesses } from '../../faults/thread-processes.ts';
import { RedisServer } from '../../harness/redis/redis-server.ts';
import type { ExportedSpan } from '../../harness/telemetry/collector.ts';
import { Collector } from '../../harness/telemetry/collector.ts';

const kinds = { internal: 1, server: 2, client: 3, consumer: 5 };
const folder = temporaryFolder();
const collector = await Collector.start();
onTeardown(async () => {
  await collector.stop();
});

const exporting = {
  OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  OTEL_EXPORTER_OTLP_HEADERS: 'x-token=a%20secret',
  OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
};

/** An API process without a worker, and a worker process, which export to the collector. */
async function startProcesses(redisUrl: string) {
  const database = await createDatabase();
  onTeardown(database.drop);
  const variables = {
    DATABASE_URL: database.url,
    REDIS_URL: redisUrl,
    APP_SECRET: 'the-secret-of-tests-is-public-knowledge',
    PUBLIC_URL: 'http://127.0.0.1',
    ...exporting,
  };
  const service = ServiceProcess.start(folder, { ...variables, WORKER: 'off' });
  const worker = ServiceProcess.run(process.execPath, [join(root, 'dist/worker.js')], { folder, variables });
  const api = new Api(await service.url());
  await worker.waitForOutput(/The worker is ready/);
  return { database, service, worker, api, admin: api.as(await new Factory(database).admin()) };
}

function linesIn({ output }: ServiceProcess, text: string): Record<string, unknown>[] {
  const lines = output.split('\n').filter((line) => line.includes(text));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

function only(spans: readonly ExportedSpan[]): ExportedSpan {
  const [span] = spans;
  if (span === undefined || spans.length > 1) throw new Error(`${spans.length} spans: ${JSON.stringify(spans)}`);
  return span;
}

describe.each(['postgresql', 'bullmq'])('A request that creates a job, dispatched by %s', (dispatcher) => {
  it('is one trace with its statements, the job and the statements of the job', async () => {
    const redis = dispatcher === 'bullmq' ? await RedisServer.start() : undefined;
    onTeardown(async () => {
      await redis?.stop();
    });
    const { service, worker, admin, api, database } = await startProcesses(redis?.url ?? '');
    const traceId = dispatcher === 'bullmq' ? 'b'.repeat(32) : 'a'.repeat(32);
    const parentSpanId = '00f067aa0ba902b7';
    const traceparent = `00-${traceId}-${parentSpanId}-01`;

    const exported = { type: 'users.export', payload: { format: 'csv' } };
    const response = await admin.post('/v1/jobs', exported, { traceparent });
    const { id } = response.body as { id: string };
    await waitForState(admin, id, 'succeeded');
    const problem = await api.get('/v1/users/me', { traceparent });
    await admin.patch('/v1/users/00000000-0000-7000-8000-000000000000', {}, { traceparent, 'If-Match': '*' });
    // The last spans are exported at the end.
    expect(await service.stop()).toMatchObject({ code: 0, stderr: '' });
    expect(await worker.stop()).toMatchObject({ code: 0, stderr: '' });

    const trace = collector.trace(traceId);
    const request = only(trace.filter(({ name }) => name === 'POST /v1/jobs'));
    expect(request).toMatchObject({ kind: kinds.server, parentSpanId });
    expect(request.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/v1/jobs',
      'http.response.status_code': 202,
      'url.scheme': 'http',
    });
    const job = only(trace.filter(({ kind }) => kind === kinds.consumer));
    expect(job).toMatchObject({ name: 'process users.export', parentSpanId: request.spanId });
    expect(job.attributes).toMatchObject({ 'messaging.message.id': id, 'job.attempt': 1, 'job.outcome': 'succeeded' });
    const childrenOf = (span: ExportedSpan): ExportedSpan[] => trace.filter((one) => one.parentSpanId === span.spanId);
    expect(childrenOf(request).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['insert job', 'BEGIN', 'COMMIT']),
    );
    expect(childrenOf(job).map(({ name }) => name)).toEqual(expect.arrayContaining(['FETCH', 'INSERT', 'succeed']));
    expect(childrenOf(job).every(({ kind }) => kind === kinds.client)).toBe(true);

    const lines = linesIn(service, '"POST"').filter(({ route }) => route === '/v1/jobs');
    expect(lines).toMatchObject([{ trace_id: traceId, span_id: request.spanId }]);
    expect(linesIn(worker, id)).toMatchObject([{ trace_id: traceId, span_id: job.spanId, outcome: 'succeeded' }]);
    expect(problem).toBeProblem('unauthenticated', 401);
    expect(problem.body).toMatchObject({ traceId });
    const { rows } = await database.pool.query('SELECT DISTINCT trace_id FROM audit_events WHERE trace_id = $1', [
      traceId,
    ]);
    expect(rows).toEqual([{ trace_id: traceId }]);
  });
});

describe('A job in a worker thread', () => {
  it('is one span of the main thread, one of the thread, and the statements in the thread', async () => {
    const processes = await ThreadProcesses.open(exporting);
    await processes.start();
    const traceId = 'c'.repeat(32);

    await fetch(`${processes.url}/v1/scenarios/threads`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
      body: '{}',
    });

    const spansOf = (kind: number): ExportedSpan[] => collector.trace(traceId).filter((span) => span.kind === kind);
    await waitUntil('both threads have exported', () => {
      return spansOf(kinds.internal).length > 0 && spansOf(kinds.consumer).length > 0;
    });
    const request = only(spansOf(kinds.server));
    const job = only(spansOf(kinds.consumer));
    const run = only(spansOf(kinds.internal));
    expect(job).toMatchObject({ name: 'process scenario.thread', parentSpanId: request.spanId });
    expect(run).toMatchObject({ name: 'run scenario.thread', parentSpanId: job.spanId });
    const statements = spansOf(kinds.client).filter(({ parentSpanId }) => parentSpanId === run.spanId);
    expect(statements.map(({ name }) => name)).toEqual(expect.arrayContaining(['INSERT', 'succeed']));
  });
});

describe('The exported spans', () => {
  it('have no statement of a poll, a probe or another request as a trace of its own', async () => {
    await waitUntil('spans were exported', () => collector.spans.length > 0);

    const roots = collector.spans.filter(({ parentSpanId }) => parentSpanId === undefined);
    expect(roots.filter(({ kind }) => kind === kinds.client)).toEqual([]);
    expect(collector.spans.filter(({ name }) => /livez|readyz|claim|promote|heartbeat/.test(name))).toEqual([]);
  });

  it('have neither values of statements nor paths', () => {
    const text = JSON.stringify(collector.spans);

    expect(text).not.toMatch(/@example\.|00000000-0000-7000-8000-000000000000/);
  });

  it('name the service, and are sent with the configured headers', () => {
    expect(collector.headers).toMatchObject({ 'x-token': 'a secret', 'content-type': 'application/json' });
    expect(collector.resource).toMatchObject({
      'service.name': { stringValue: 'plinth' },
      'deployment.environment.name': { stringValue: 'test' },
    });
    expect(Object.keys(collector.resource)).not.toContain('host.name');
  });
});
