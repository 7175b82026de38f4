import { afterEach, describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { join } from 'node:path';
import { createApp } from '../../src/app.setup.ts';
import type { EmbeddedPostgres } from '../../src/platform/dev-postgres/dev-postgres.ts';
import { startEmbedded } from '../../src/platform/dev-postgres/dev-postgres.ts';
import { AccessInvalidationBus } from '../../src/platform/cache-invalidation/access-invalidation-bus.ts';
import { migrate } from '../../src/platform/database/migrations/migrate.ts';
import type { ApiResponse } from '../harness/http/api.ts';
import { Api } from '../harness/http/api.ts';
import { testConfig } from '../harness/app/app.ts';
import { newClient } from '../harness/database/database.ts';
import { query } from '../harness/database/empty-database.ts';
import { onTeardown, temporaryFolder } from '../harness/process/service-process.ts';
import { postgresPid, waitUntil } from '../harness/process/wait-until.ts';

const timeoutMs = 180_000;
const wrongLogin = { email: 'unknown@example.com', password: 'not the password of a user' };

const dataDir = temporaryFolder();
let postgres = await startPostgres();
onTeardown(async () => {
  await postgres.stop();
});
await migrate({ url: postgres.url });
const app = await createApp(testConfig({ DATABASE_URL: postgres.url }));
await app.listen(0, '127.0.0.1');
const api = new Api(await app.getUrl());

afterEach(async () => {
  await waitUntil('readyz 200', async () => (await api.get('/readyz')).status === 200);
});

onTeardown(async () => {
  await app.close();
});

async function startPostgres(): Promise<EmbeddedPostgres> {
  return await startEmbedded({ dataDir, settings: { fsync: 'off', log_statement: 'all' } });
}

/** Restarts the server on the same port, which the service has configured. */
async function startAgain(): Promise<void> {
  const { url } = postgres;
  postgres = await startPostgres();
  expect(postgres.url).toBe(url);
}

/** Stops all processes of the server with SIGSTOP, as on a host without memory or disk. */
async function freeze(): Promise<() => void> {
  const backends = await query(postgres.url, 'SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()');
  const pids = [postgresPid(dataDir), ...backends.map(({ pid }) => Number(pid))];
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  return () => {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  };
}

async function readiness(status: number): Promise<ApiResponse> {
  let response = await api.get('/readyz');
  await waitUntil(`/readyz ${status}`, async () => (response = await api.get('/readyz')).status === status);
  return response;
}

describe('/livez and /startupz', () => {
  it.each(['/livez', '/health/live', '/startupz'])('return the status at %s, and no-store', async (path) => {
    const { status, body, headers } = await api.get(path);

    expect({ status, body, cache: headers['cache-control'] }).toEqual({
      status: 200,
      body: { status: 'ok' },
      cache: 'no-store',
    });
  });
});

describe('/readyz', () => {
  it.each(['/readyz', '/health/ready'])('returns the states of the checks at %s, and nothing else', async (path) => {
    const { status, body, headers } = await api.get(path);

    expect({ status, body, cache: headers['cache-control'] }).toEqual({
      status: 200,
      body: {
        status: 'ok',
        checks: { database: 'up', settings: 'up', privileges: 'up', migrations: 'up' },
      },
      cache: 'no-store',
    });
  });

  it(
    'changes within one second of an outage of the database and two of its recovery',
    async () => {
      await postgres.stop();
      const unready = await readiness(503);

      expect(unready).toBeProblem('not-ready', 503);
      expect(unready.body).toHaveProperty('checks', { database: 'down' });
      expect(unready.headers).toMatchObject({ 'cache-control': 'no-store', 'retry-after': '1' });
      expect(await api.get('/readyz', { Accept: 'text/html' })).toMatchObject({
        status: 503,
        text: expect.stringContaining('&quot;database&quot;: &quot;down&quot;'),
      });
      expect((await api.get('/livez')).status).toBe(200);
      expect((await api.get('/startupz')).status).toBe(200);

      await startAgain();
      await readiness(200);
    },
    timeoutMs,
  );

  it(
    'responds in bounded time when the database hangs',
    async () => {
      await readiness(200);
      const resume = await freeze();
      try {
        const hung = await readiness(503);
        expect(hung.body).toHaveProperty('checks', { database: 'down' });

        const begin = performance.now();
        await Promise.all(Array.from({ length: 20 }, async () => await api.get('/readyz')));
        // Without a limit of its own, a check would wait for statement_timeout, 10 s.
        expect(performance.now() - begin).toBeLessThan(8000);
        expect((await api.get('/livez')).status).toBe(200);
      } finally {
        resume();
      }
      await readiness(200);
    },
    timeoutMs,
  );

  it('leaves no statement behind that waits for a lock', async () => {
    const holder = newClient(postgres.url);
    await holder.connect();
    await holder.query('BEGIN; LOCK TABLE _prisma_migrations IN ACCESS EXCLUSIVE MODE');
    const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;

    await readiness(503);

    // statement_timeout is 10 s; client_connection_check_interval is 500 ms.
    await waitUntil('the statement is cancelled', async () => (await query(postgres.url, waiting)).length === 0, 8000);
    await holder.end();
  });

  it('runs one query for 200 concurrent probes', async () => {
    const log = join(dataDir, 'postgres.log');
    let before = 0;
    let elapsedMs = 0;
    // A check fails after 400 ms, also on a busy machine.
    await waitUntil('all probes succeed', async () => {
      await readiness(200);
      before = fs.statSync(log).size;
      const begin = performance.now();
      const responses = await Promise.all(Array.from({ length: 200 }, async () => await api.get('/readyz')));
      elapsedMs = performance.now() - begin;
      return responses.every(({ status }) => status === 200);
    });

    const queries =
      fs
        .readFileSync(log)
        .subarray(before)
        .toString()
        .match(/FROM _prisma_migrations/g) ?? [];
    expect(queries.length).toBeLessThanOrEqual(1 + Math.ceil(elapsedMs / 500));
  });
});

describe('Requests while the database is down', () => {
  it(
    'return 503 with Retry-After in bounded time, and succeed again without a restart',
    async () => {
      expect(await api.post('/v1/auth/login', wrongLogin)).toBeProblem('invalid-credentials', 401);
      await postgres.stop();

      const begin = performance.now();
      const responses = await Promise.all([
        ...Array.from({ length: 20 }, async () => await api.post('/v1/auth/login', wrongLogin)),
        ...Array.from({ length: 20 }, async () => await api.get('/.well-known/jwks.json')),
      ]);

      // DATABASE_CONNECT_TIMEOUT_MS, plus a wide margin.
      expect(performance.now() - begin).toBeLessThan(15_000);
      for (const response of responses) {
        expect(response).toBeProblem('service-unavailable', 503);
        expect(response.headers['retry-after']).toMatch(/^\d+$/);
        expect(response.text).not.toMatch(/ECONN|127\.0\.0\.1|prisma/i);
      }

      await startAgain();
      await readiness(200);
      expect(await api.post('/v1/auth/login', wrongLogin)).toBeProblem('invalid-credentials', 401);
      expect((await api.get('/.well-known/jwks.json')).status).toBe(200);
    },
    timeoutMs,
  );

  it('return the key set that the service has cached', async () => {
    await api.get('/.well-known/jwks.json');
    // Until then changes may have been missed, and the first ones that are received evict what is cached.
    const invalidations = app.get(AccessInvalidationBus, { strict: false });
    await waitUntil('changes are received again', () => invalidations.isUpToDate());
    const before = await api.get('/.well-known/jwks.json');
    await postgres.stop();
    await readiness(503);

    const during = await api.get('/.well-known/jwks.json');
    await startAgain();

    expect([before.status, during.status]).toEqual([200, 200]);
    expect(during.body).toEqual(before.body);
  });
});
