import { afterEach, describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { join } from 'node:path';
import { createApp } from '../src/app.setup.ts';
import type { EmbeddedPostgres } from '../src/database/embedded/embedded-postgres.ts';
import { startEmbedded } from '../src/database/embedded/embedded-postgres.ts';
import { migrate } from '../src/database/migrations/migrate.ts';
import { migrateQueue } from '../src/queue/migrate-queue.ts';
import type { Reply } from './support/api.ts';
import { Api } from './support/api.ts';
import { testConfig } from './support/app.ts';
import { query } from './support/empty-database.ts';
import { atTheEnd, scratchFolder } from './support/process.ts';
import { postgresPid, until } from './support/running.ts';

const timeoutMs = 180_000;
const wrongLogin = { email: 'nobody@example.com', password: 'not a password of anybody' };

const dataDir = scratchFolder();
let postgres = await startPostgres();
atTheEnd(async () => {
  await postgres.stop();
});
await migrate({ url: postgres.url });
await migrateQueue(postgres.url);
const app = await createApp(testConfig({ DATABASE_URL: postgres.url }));
await app.listen(0, '127.0.0.1');
const api = new Api(await app.getUrl());

afterEach(async () => {
  await until('ready', async () => (await api.get('/readyz')).status === 200);
});

atTheEnd(async () => {
  await app.close();
});

async function startPostgres(): Promise<EmbeddedPostgres> {
  return await startEmbedded({ dataDir, settings: { fsync: 'off', log_statement: 'all' } });
}

/** The same server again: the service has its address. */
async function startAgain(): Promise<void> {
  const { url } = postgres;
  postgres = await startPostgres();
  expect(postgres.url).toBe(url);
}

/** Lets the server and all its processes stand still, as on a host that is out of memory or disk. */
async function freeze(): Promise<() => void> {
  const backends = await query(postgres.url, 'SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()');
  const pids = [postgresPid(dataDir), ...backends.map(({ pid }) => Number(pid))];
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  return () => {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  };
}

async function readiness(status: number, withinMs: number): Promise<Reply> {
  let reply = await api.get('/readyz');
  await until(`/readyz ${status}`, async () => (reply = await api.get('/readyz')).status === status, withinMs);
  return reply;
}

describe('/livez and /startupz', () => {
  it.each(['/livez', '/health/live', '/startupz'])('answer %s with a status word and nothing to keep', async (path) => {
    const { status, body, headers } = await api.get(path);

    expect({ status, body, cache: headers['cache-control'] }).toEqual({
      status: 200,
      body: { status: 'ok' },
      cache: 'no-store',
    });
  });
});

describe('/readyz', () => {
  it.each(['/readyz', '/health/ready'])('says at %s in words what was asked, and nothing else', async (path) => {
    const { status, body, headers } = await api.get(path);

    expect({ status, body, cache: headers['cache-control'] }).toEqual({
      status: 200,
      body: {
        status: 'ok',
        checks: { database: 'up', settings: 'up', privileges: 'up', migrations: 'up', queue: 'up' },
      },
      cache: 'no-store',
    });
  });

  it(
    'turns within a second of the database going and two of its return',
    async () => {
      await postgres.stop();
      const gone = await readiness(503, 1000);

      expect(gone).toBeProblem('not-ready', 503);
      expect(gone.body).toHaveProperty('checks', { database: 'down' });
      expect(gone.headers).toMatchObject({ 'cache-control': 'no-store', 'retry-after': '1' });
      expect(await api.get('/readyz', { Accept: 'text/html' })).toMatchObject({
        status: 503,
        text: expect.stringContaining('&quot;database&quot;: &quot;down&quot;'),
      });
      expect((await api.get('/livez')).status).toBe(200);
      expect((await api.get('/startupz')).status).toBe(200);

      await startAgain();
      await readiness(200, 2000);
    },
    timeoutMs,
  );

  it(
    'answers in bounded time when the database hangs',
    async () => {
      await readiness(200, 1000);
      const thaw = await freeze();
      try {
        const hung = await readiness(503, 1500);
        expect(hung.body).toHaveProperty('checks', { database: 'down' });

        const asked = performance.now();
        await Promise.all(Array.from({ length: 20 }, async () => await api.get('/readyz')));
        expect(performance.now() - asked).toBeLessThan(1500);
        expect((await api.get('/livez')).status).toBe(200);
      } finally {
        thaw();
      }
      await readiness(200, 2000);
    },
    timeoutMs,
  );

  it('costs one query for 200 probes at the same time', async () => {
    const log = join(dataDir, 'postgres.log');
    await api.get('/readyz');
    const before = fs.readFileSync(log, 'utf8').length;

    const begin = performance.now();
    const replies = await Promise.all(Array.from({ length: 200 }, async () => await api.get('/readyz')));
    const elapsedMs = performance.now() - begin;

    expect(replies.filter(({ status }) => status !== 200)).toEqual([]);
    const queries =
      fs
        .readFileSync(log, 'utf8')
        .slice(before)
        .match(/FROM _prisma_migrations/g) ?? [];
    expect(queries.length).toBeLessThanOrEqual(1 + Math.ceil(elapsedMs / 500));
  });
});

describe('Requests while the database is gone', () => {
  it(
    'are told to come back, in bounded time, and served again without a restart',
    async () => {
      expect(await api.post('/v1/auth/login', wrongLogin)).toBeProblem('invalid-credentials', 401);
      await postgres.stop();

      const asked = performance.now();
      const replies = await Promise.all([
        ...Array.from({ length: 20 }, async () => await api.post('/v1/auth/login', wrongLogin)),
        ...Array.from({ length: 20 }, async () => await api.get('/.well-known/jwks.json')),
      ]);

      // DATABASE_CONNECT_TIMEOUT_MS, and a little.
      expect(performance.now() - asked).toBeLessThan(4000);
      for (const reply of replies) {
        expect(reply).toBeProblem('service-unavailable', 503);
        expect(reply.headers['retry-after']).toMatch(/^\d+$/);
        expect(reply.text).not.toMatch(/ECONN|127\.0\.0\.1|prisma/i);
      }

      await startAgain();
      await readiness(200, 2000);
      expect(await api.post('/v1/auth/login', wrongLogin)).toBeProblem('invalid-credentials', 401);
      expect((await api.get('/.well-known/jwks.json')).status).toBe(200);
    },
    timeoutMs,
  );
});
