import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { allMigrations, appliedMigrations } from '../harness/database/applied-migrations.ts';
import { emptyDatabase, query } from '../harness/database/empty-database.ts';
import { Api } from '../harness/http/api.ts';
import { root, temporaryFolder, ServiceProcess } from '../harness/process/service-process.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

const timeoutMs = 180_000;
const databases = { concurrent: await emptyDatabase(), idle: await emptyDatabase() };

describe('A start with DATABASE_URL', () => {
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
