import { describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { join } from 'node:path';
import { Api } from '../harness/http/api.ts';
import { throughPooler } from '../harness/database/database.ts';
import { emptyDatabase, query } from '../harness/database/empty-database.ts';
import { dataFolder, root, temporaryFolder, ServiceProcess } from '../harness/process/service-process.ts';
import { waitUntil } from '../harness/process/wait-until.ts';
import { readyz } from '../harness/http/readyz.ts';

const timeoutMs = 180_000;
const databases = {
  first: await emptyDatabase(),
  linked: await emptyDatabase(),
  production: await emptyDatabase(),
  concurrent: await emptyDatabase(),
  idle: await emptyDatabase(),
};
const production = {
  NODE_ENV: 'production',
  APP_SECRET: 'thirty-two-characters-for-the-tests-alone',
  PUBLIC_URL: 'https://api.example.com',
  SHUTDOWN_DRAIN_MS: '0',
};

const allMigrations = fs
  .readdirSync(join(root, 'prisma/migrations'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

async function appliedMigrations(url: string): Promise<unknown[]> {
  const rows = await query(url, 'SELECT migration_name AS name FROM _prisma_migrations ORDER BY 1');
  return rows.map(({ name }) => name);
}

describe('The first start without any configuration', () => {
  it(
    'prints a banner, and the next start uses the same data',
    async () => {
      const folder = temporaryFolder();
      const first = ServiceProcess.start(folder);
      const url = await first.url();

      expect(first.output).toMatch(/Plinth is ready at .* \(\d+\.\d s\)/);
      expect(first.output).toContain(`API docs   ${url}/docs`);
      expect(first.output).toContain(`Mailbox    ${url}/dev/mailbox`);
      expect(first.output).toMatch(/Database {3}embedded PostgreSQL 18\.\d+ on 127\.0\.0\.1:\d+, data in \.data/);
      expect(first.output).toContain('Stop       Ctrl-C');
      const [, email = '', password = ''] = await first.waitForOutput(/Admin {6}(\S+) {2}password: (\S+)/);
      await expect(new Api(url).logIn({ email, password })).resolves.toHaveProperty('accessToken');
      expect(await first.stop()).toMatchObject({ code: 0, stderr: '' });

      // PG variables of the shell must not affect the embedded PostgreSQL.
      const second = ServiceProcess.start(folder, {
        ...{ PGSSLMODE: 'require', PGSSLNEGOTIATION: 'direct', PGOPTIONS: '-c no.such.setting=1 -c geqo=maybe' },
        ...{ PGHOST: 'unknown-host', PGPORT: '1', PGUSER: 'other', PGPASSWORD: 'other', PGDATABASE: 'other' },
        ...{ PGTZ: 'Asia/Kolkata', PGDATESTYLE: 'SQL, DMY', PGCLIENTENCODING: 'LATIN1', PGSERVICE: 'other' },
      });
      const api = new Api(await second.url());

      expect(second.output).not.toMatch(/password/i);
      await readyz(api, { status: 200 });
      await expect(api.logIn({ email, password })).resolves.toHaveProperty('accessToken');
      expect(await second.stop()).toMatchObject({ code: 0, stderr: '' });
    },
    timeoutMs,
  );
});

describe('A start with PORT=0', () => {
  it(
    'uses the chosen port in mailed links',
    async () => {
      const service = ServiceProcess.start(temporaryFolder(), { DATABASE_URL: databases.linked });
      const url = await service.url();
      const api = new Api(url);
      await api.post('/v1/auth/register', { email: 'a@example.com', password: 'correct horse battery staple' });

      const { text } = await api.get('/dev/mailbox?to=a@example.com');

      expect(text).toContain(`${url}/account/verify-email?token=`);
      await service.stop();
    },
    timeoutMs,
  );
});

describe('A start with DATABASE_URL', () => {
  it(
    'migrates that database, and creates neither a server nor an administrator',
    async () => {
      const folder = temporaryFolder();
      const service = ServiceProcess.start(folder, { DATABASE_URL: databases.first });
      const api = new Api(await service.url());

      await readyz(api, { status: 200 });
      const { DATABASE_URL: databaseUrl = '' } = throughPooler({ DATABASE_URL: databases.first });
      const { host, pathname, password } = new URL(databaseUrl);
      expect(service.output).toContain(`at ${host}${pathname}`);
      expect(service.output).not.toContain(password);
      expect(service.output).not.toContain('Admin');
      expect(await appliedMigrations(databases.first)).toEqual(allMigrations);
      expect(await query(databases.first, 'SELECT id FROM users')).toEqual([]);
      // Before APP_SECRET can be rotated: the hashes of recovery codes need this key.
      expect(await query(databases.first, 'SELECT purpose FROM hash_keys')).toEqual([{ purpose: 'recovery codes' }]);
      expect(fs.readdirSync(dataFolder(folder))).toEqual(['app-secret']);
      await service.stop();
    },
    timeoutMs,
  );

  it(
    'runs four times concurrently: each migration is applied once, and one signing key is created',
    async () => {
      const folder = temporaryFolder();
      const services = [1, 2, 3, 4].map(() => ServiceProcess.start(folder, { DATABASE_URL: databases.concurrent }));
      const apis = await Promise.all(services.map(async (service) => new Api(await service.url())));

      const responses = await Promise.all(apis.map(async (api) => await api.get('/.well-known/jwks.json')));

      expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect(new Set(responses.map(({ text }) => text)).size).toBe(1);
      for (const api of apis)
        await waitUntil('every service is ready', async () => (await api.get('/readyz')).status === 200);
      expect(await appliedMigrations(databases.concurrent)).toEqual(allMigrations);
      expect(await query(databases.concurrent, "SELECT kid FROM signing_keys WHERE state = 'active'")).toHaveLength(1);
      for (const exit of await Promise.all(services.map(async (service) => await service.stop()))) {
        expect(exit).toMatchObject({ code: 0, stderr: '' });
      }
    },
    timeoutMs,
  );
});

describe('A start in production', () => {
  it(
    'does not change the database, and is ready once an operator has migrated it',
    async () => {
      const folder = temporaryFolder();
      const variables = { ...production, DATABASE_URL: databases.production };
      const service = ServiceProcess.start(folder, variables);
      const api = new Api(await service.url());

      expect((await api.get('/livez')).status).toBe(200);
      const page = await api.get('/', { Accept: 'text/html' });
      expect(page).toMatchObject({ status: 200, text: expect.stringContaining('<a href="/docs">Documentation</a>') });
      expect(page.text).not.toMatch(/curl|mailbox|First steps|ready/i);
      const unready = await readyz(api, { status: 503, checks: { database: 'up', migrations: 'down' } });
      expect(unready).toBeProblem('not-ready', 503);
      expect(await query(databases.production, 'SELECT 1 FROM pg_tables WHERE schemaname = current_schema()')).toEqual(
        [],
      );

      const migrating = [join(root, 'dist/cli/migrate.js')];
      const migration = await ServiceProcess.run(process.execPath, migrating, { folder, variables }).ended;
      expect(migration).toMatchObject({ code: 0, stderr: '' });

      await readyz(api, { status: 200 });
      const { code, stdout, stderr } = await service.stop();
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      for (const line of stdout.trim().split('\n'))
        expect(() => {
          JSON.parse(line);
        }).not.toThrow();
      expect(stdout).not.toContain('dev/mailbox');
      expect(fs.existsSync(dataFolder(folder))).toBe(false);
    },
    timeoutMs,
  );
});

describe('A service that was started', () => {
  it(
    'collects garbage once it is idle, and logs stack traces with lines of its sources',
    async () => {
      const folder = temporaryFolder();
      // Without Redis: workers claim jobs by the statement that fails below.
      const variables = { DATABASE_URL: databases.idle, PORT: '0', REDIS_URL: '' };
      const service = ServiceProcess.run(process.execPath, ['--trace-gc', join(root, 'dist/main.js')], {
        folder,
        variables,
      });
      await service.url();

      // V8's reason for a collection that the process requests.
      await service.waitForOutput(/low memory notification/);
      await query(databases.idle, 'ALTER TABLE paused_queues RENAME TO renamed');
      const [line] = await service.waitForOutput(/.*Job claim failed.*/);

      expect(line).toMatch(/src\/platform\/queue\/dispatch\/postgres\/claims\.repository\.ts:\d+/);
      // The source maps of packages are not loaded.
      expect(line).toMatch(/node_modules\/[\w/-]+\.js:\d+/);
      expect(await service.stop()).toMatchObject({ code: 0 });
    },
    timeoutMs,
  );
});
