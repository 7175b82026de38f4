import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { PasswordHasher } from '../../../src/features/auth/passwords/index.ts';
import { JobQueue } from '../../../src/platform/queue/job-queue.ts';
import { MetricsServer } from '../../../src/platform/telemetry/metrics-server.ts';
import { startApp } from '../../harness/app/app.ts';
import { effectsTable, EffectJob, TestJobsModule } from '../../harness/app/test-jobs.ts';
import { JobTables } from '../../harness/database/job-tables.ts';
import { sendRaw } from '../../harness/http/raw-http.ts';
import { redisMode } from '../../harness/redis/redis-mode.ts';
import { root } from '../../harness/process/service-process.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';
import { groupingsIn, selectorsIn } from '../../harness/telemetry/promql.ts';
import { Scrape } from '../../harness/telemetry/scrape.ts';

const limit = 150;
const { app, api, database, factory } = await startApp({ METRICS_PORT: '0', RATE_LIMIT_REQUESTS: String(limit) }, [
  TestJobsModule,
]);
await database.pool.query(effectsTable);
const url = await app.get(MetricsServer).listen({ host: '127.0.0.1', port: 0 });
const jobQueue = app.get(JobQueue);
const jobs = new JobTables(database);
const request = 'http_server_request_duration_seconds_count';

async function scrape(): Promise<Scrape> {
  return await Scrape.from(url);
}

describe('GET /metrics', () => {
  it('measures requests by method, route template and status, not by path', async () => {
    await api.get('/v1/users/01938c5e-7a80-7000-8000-3f2d6c1b9a04');
    await api.get('/v1/users/01938c5e-7a80-7000-8000-3f2d6c1b9a05');
    await api.get('/nowhere');

    const metrics = await scrape();

    const route = { http_request_method: 'GET', http_route: '/v1/users/:id', http_response_status_code: '401' };
    expect(metrics.values(request, route)).toEqual([2]);
    expect(metrics.values('http_server_request_duration_seconds_bucket', { ...route, le: '+Inf' })).toEqual([2]);
    expect(metrics.values(request, { http_route: 'unmatched', http_response_status_code: '404' })).toEqual([1]);
  });

  it('counts failed authentications', async () => {
    const user = await factory.user();
    await api.post('/v1/auth/login', { email: user.email, password: 'not-the-password-of-it' });
    await api.post('/v1/auth/refresh', { refreshToken: 'not-a-token-of-the-service-0000000000000' });

    const failed = { event: 'authn_login_fail', outcome: 'failure' };
    expect((await scrape()).values('audit_events_total', failed)).toEqual([2]);
  });

  it('measures the attempts of jobs by type and outcome', async () => {
    const succeeded = await jobQueue.enqueue(EffectJob, { key: 'first' });
    const retried = await jobQueue.enqueue(EffectJob, { key: 'second', failures: 1 });
    await jobs.reach(succeeded, 'succeeded');
    await jobs.reachWithoutDelay(retried, 'succeeded');

    const attempts = 'job_attempt_duration_seconds_count';
    const type = { job_type: 'test.effect' };
    await waitUntil('both outcomes are counted', async () => {
      const metrics = await scrape();
      const counts = ['succeeded', 'failed'].map((outcome) => metrics.values(attempts, { ...type, outcome })[0]);
      return counts[0] === 2 && counts[1] === 1;
    });
  });

  it('has the depth, the age and the relay lag of each queue', async () => {
    await database.pool.query(`INSERT INTO paused_queues (name) VALUES ('default')`);
    const later = new Date(Date.now() + 3_600_000);
    await jobQueue.enqueue(EffectJob, { key: 'scheduled' }, { runAt: later });
    const waiting = await jobQueue.enqueue(EffectJob, { key: 'waiting' });
    await database.pool.query(
      `UPDATE jobs SET run_at = now() - interval '1 hour', next_delivery_at = now() - interval '1 hour' WHERE id = $1`,
      [waiting],
    );

    await waitUntil('the waiting job is counted', async () => {
      const [seconds = 0] = (await scrape()).values('job_queue_oldest_seconds', { queue: 'default' });
      return seconds >= 3600;
    });
    const metrics = await scrape();
    const counts = ['scheduled', 'queued', 'running'].map((state) =>
      metrics.values('job_queue_jobs', { queue: 'default', state }),
    );
    expect(counts).toEqual([[1], [1], [0]]);
    expect(metrics.labelValues('job_queue_jobs', 'queue')).toEqual(new Set(['default', 'heavy']));
    // Without a relay, only delayed jobs that are due would count.
    const [lagSeconds] = metrics.values('job_queue_relay_lag_seconds', { queue: 'default' });
    expect((lagSeconds ?? 0) >= 3600).toBe(redisMode === 'on');
  });

  it('counts the attempts whose process has died', async () => {
    // The queue is paused.
    const id = await jobs.insertWithoutNotification('test.effect', { key: 'abandoned' });
    await database.pool.query(
      `UPDATE jobs SET state = 'running', delivery = 'published', delivery_no = 1, attempts = max_attempts,
         lease = gen_random_uuid(), lease_expires_at = now() - interval '1 s' WHERE id = $1`,
      [id],
    );
    await jobs.reach(id, 'dead');

    const dead = { job_type: 'test.effect', outcome: 'dead' };
    await waitUntil('it is counted', async () => {
      return (await scrape()).values('job_attempts_abandoned_total', dead)[0] === 1;
    });
  });

  it('has the connections of the pools', async () => {
    const pool = { db_client_connection_pool_name: 'main' };
    const metrics = await scrape();

    expect(metrics.values('db_client_connection_max', pool)).toEqual([12]);
    const counts = metrics.values('db_client_connection_count', pool);
    expect(counts).toHaveLength(2);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
    expect(metrics.values('db_client_connection_pending_requests', pool)).toEqual([0]);
  });

  it('has the length of the queue of password hashes', async () => {
    const hasher = app.get(PasswordHasher, { strict: false });
    const hashing = Promise.all(Array.from({ length: 20 }, async (_, at) => await hasher.hash(`a password ${at}`)));

    const metrics = await scrape();

    expect(metrics.values('password_hash_running')[0]).toBeGreaterThan(0);
    expect(metrics.values('password_hash_queue_length')[0]).toBeGreaterThan(0);
    await hashing;
    expect((await scrape()).values('password_hash_queue_length')).toEqual([0]);
  });

  it('has the lag of the event loop, the memory and the processor time', async () => {
    const { names } = await scrape();

    expect([...names]).toEqual(
      expect.arrayContaining([
        'nodejs_eventloop_lag_p99_seconds',
        'process_resident_memory_bytes',
        'process_cpu_seconds_total',
        'http_server_admission_queue_length',
      ]),
    );
  });

  it('omits what it cannot read', async () => {
    await database.pool.query('ALTER TABLE jobs RENAME COLUMN fair_at TO renamed');

    await waitUntil('the queues are omitted', async () => !(await scrape()).names.has('job_queue_jobs'));
    expect((await scrape()).names.has(request)).toBe(true);
    await database.pool.query('ALTER TABLE jobs RENAME COLUMN renamed TO fair_at');
  });

  it('is the only response of its port', async () => {
    const [elsewhere, posted] = await Promise.all([
      fetch(url.replace('/metrics', '/')),
      fetch(url, { method: 'POST', body: 'x' }),
    ]);

    expect([elsewhere.status, posted.status]).toEqual([404, 405]);
    expect((await api.get('/metrics')).status).toBe(404);
  });

  it('has as many series as before after requests with many paths, methods and headers', async () => {
    const odd = [
      '/v1/users/%00',
      '/v1/%2e%2e/x',
      `/${'a'.repeat(3000)}`,
      '/v1/users/"}\n',
      '//x',
      '/%zz',
      '/v1/jobs/*',
    ];
    const methods = ['GET', 'PUT', 'PROPFIND', 'REPORT', 'M-SEARCH', 'TRACE', 'BREW'];
    const send = async (count: number): Promise<void> => {
      const targets = Array.from({ length: count }, async (_, at) => {
        const target = odd[at]?.replace('\n', '%0a') ?? `/random/${at}/${Math.random()}?x=${at}`;
        const method = methods[at % methods.length] ?? 'GET';
        await sendRaw(api.baseUrl, `${method} ${target} HTTP/1.1\r\nHost: host-${at}\r\nConnection: close\r\n\r\n`);
      });
      await Promise.all(targets);
    };
    await send(odd.length * methods.length);
    const before = await scrape();

    await send(2 * limit);

    const after = await scrape();
    expect(after.labelValues(request, 'http_request_method')).toEqual(new Set(['GET', 'POST', 'PUT', '_OTHER']));
    // The rate limit refuses the last requests: one more counter, and 429 for three methods.
    expect(after.samples.length - before.samples.length).toBeLessThan(80);
    expect(after.values('http_server_rate_limit_refusals_total', { client: 'address' })[0]).toBeGreaterThan(0);
    expect(JSON.stringify(after.samples)).not.toMatch(/random|host-|BREW|PROPFIND|aaaa/);
  });
});

const Alerts = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          for: z
            .string()
            .regex(/^\d+m$/)
            .optional(),
          labels: z.object({ severity: z.enum(['info', 'warning', 'critical']) }),
          annotations: z.object({ summary: z.string() }),
        }),
      ),
    }),
  ),
});

const Dashboard = z.object({
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).optional() })),
  templating: z.object({ list: z.array(z.object({ name: z.string(), definition: z.string().optional() })) }),
});

const folder = join(root, 'docker/observability');

/** The queries of the alert rules, by name. */
function alertQueries(): [string, string][] {
  const { groups } = Alerts.parse(parse(readFileSync(join(folder, 'alerts.yaml'), 'utf8')));
  return groups.flatMap(({ rules }) => rules.map(({ alert, expr }): [string, string] => [alert, expr]));
}

/** The queries of the dashboard, by panel. */
function panelQueries(): [string, string][] {
  const { panels, templating } = Dashboard.parse(
    JSON.parse(readFileSync(join(folder, 'grafana/service.json'), 'utf8')),
  );
  const ofPanels = panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }): [string, string] => [title, expr]),
  );
  const ofVariables = templating.list.flatMap(({ name, definition }): [string, string][] =>
    definition === undefined ? [] : [[name, definition.replace(/, \w+\)$/, ')')]],
  );
  return [...ofPanels, ...ofVariables];
}

/** Prometheus adds them. */
const targetLabels = ['job', 'instance'];

describe.each([
  ['alerts.yaml', alertQueries()],
  ['grafana/service.json', panelQueries()],
])('docker/observability/%s', (_, queries) => {
  it.each(queries)('reads metrics and labels that exist: %s', async (__, query) => {
    const metrics = await scrape();

    const selectors = selectorsIn(query).filter(({ metric }) => metric !== 'up');
    expect(selectors.length > 0 || query === 'up{job="plinth"} == 0').toBe(true);
    const missing = selectors.filter(({ metric }) => !metrics.names.has(metric)).map(({ metric }) => metric);
    expect(missing).toEqual([]);
    for (const { metric, labels } of selectors)
      expect([...targetLabels, ...metrics.labelNames(metric)]).toEqual(expect.arrayContaining([...labels]));
    const known = selectors.flatMap(({ metric }) => [...metrics.labelNames(metric)]);
    expect([...targetLabels, ...known]).toEqual(expect.arrayContaining(groupingsIn(query)));
  });
});

describe('docs/operations/telemetry.md', () => {
  it('describes each metric of the service', async () => {
    const page = readFileSync(join(root, 'docs/operations/telemetry.md'), 'utf8');
    const { names } = await scrape();

    const own = [...names]
      .map((name) => name.replace(/_(bucket|count|sum)$/, ''))
      .filter((name) => !/^(nodejs|process)_/.test(name));
    expect(own.filter((name) => !page.includes(`\`${name}`))).toEqual([]);
  });
});
