import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import fs from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { productionEnvironment } from '../harness/app/environment.ts';
import { Api } from '../harness/http/api.ts';
import { emptyDatabase, query } from '../harness/database/empty-database.ts';
import { dataFolder, onTeardown, temporaryFolder, ServiceProcess } from '../harness/process/service-process.ts';
import { RedisServer } from '../harness/redis/redis-server.ts';
import { database, databaseUrlWith, startupError, timeoutMs } from './startup-error.ts';

const used = await emptyDatabase();

describe('A start fails with one line', () => {
  it(
    'when the host is no IP address of this machine',
    async () => {
      expect(await startupError({ DATABASE_URL: database, HOST: '192.0.2.1' })).toBe(
        'plinth: 192.0.2.1:0 is not an IP address of this machine. Set HOST.',
      );
    },
    timeoutMs,
  );

  it(
    'when its data folder is in use or broken, or its port is in use',
    async () => {
      const folder = temporaryFolder();
      const dataDir = dataFolder(folder);
      const running = ServiceProcess.start(folder);
      const { port } = new URL(await running.url());

      expect(await startupError({}, folder)).toBe(
        `plinth: The data folder ${dataDir} is in use by another Plinth (pid ${running.pid}): ` +
          'stop it or set DATA_DIR to another folder.',
      );
      await running.stop();

      const holder = createServer().listen(Number(port), '127.0.0.1');
      await once(holder, 'listening');
      expect(await startupError({ PORT: port }, folder)).toContain(`127.0.0.1:${port} is in use by another program`);
      expect(fs.existsSync(join(dataDir, 'postgres/postmaster.pid'))).toBe(false);
      holder.close();

      fs.truncateSync(join(dataDir, 'postgres/global/pg_control'), 100);
      const line = await startupError({}, folder);
      expect(line).toContain('could not read file "global/pg_control"');
      expect(line).toContain(`move ${dataDir}/postgres away to start with an empty database`);
    },
    timeoutMs,
  );

  it(
    'when its generated secret is damaged or cannot be stored',
    async () => {
      const folder = temporaryFolder();
      fs.mkdirSync(dataFolder(folder));
      fs.writeFileSync(join(dataFolder(folder), 'app-secret'), '');
      const damaged = await ServiceProcess.start(folder, { DATABASE_URL: database }).ended;
      fs.rmSync(dataFolder(folder), { recursive: true });
      fs.writeFileSync(dataFolder(folder), '');
      const notStored = await ServiceProcess.start(folder, { DATABASE_URL: database }).ended;

      expect(damaged).toMatchObject({ code: 1, stdout: '' });
      expect(damaged.stderr).toMatch(/^plinth: The configuration is invalid:\n {2}APP_SECRET: \S+ is damaged; .+\n$/);
      expect(notStored).toMatchObject({ code: 1, stdout: '' });
      expect(notStored.stderr).toMatch(
        /^plinth: The configuration is invalid:\n {2}DATA_DIR: .+ \((?:EEXIST|ENOTDIR)\)\n$/,
      );
    },
    timeoutMs,
  );

  it(
    'when it has no TLS, which the URL or the shell requires',
    async () => {
      const tls = databaseUrlWith((url) => {
        url.search = '?sslmode=verify-full';
      });
      const withoutTls = databaseUrlWith((url) => {
        url.search = '';
      });

      expect(await startupError({ DATABASE_URL: tls })).toContain(
        'it offers no TLS, which sslmode in its URL or PGSSLMODE',
      );
      expect(await startupError({ DATABASE_URL: withoutTls, PGSSLMODE: 'require' })).toContain(
        'it offers no TLS, which sslmode',
      );
    },
    timeoutMs,
  );
});

describe('A start in production fails with one line', () => {
  it(
    'when Redis may evict keys',
    async () => {
      const redis = await RedisServer.start();
      onTeardown(async () => {
        await redis.stop();
      });
      await redis.run(async (client) => await client.config('SET', 'maxmemory-policy', 'allkeys-lru'));
      const variables = { DATABASE_URL: database, REDIS_URL: redis.url };
      // Migrates the database, which production does not.
      const development = ServiceProcess.start(temporaryFolder(), variables);
      await development.url();
      await development.stop();

      const { code, stderr } = await ServiceProcess.start(temporaryFolder(), {
        ...variables,
        ...productionEnvironment,
      }).ended;

      expect(code).toBe(1);
      expect(stderr).toBe(
        'plinth: The maxmemory-policy of REDIS_URL is allkeys-lru and must be noeviction: docs/operations/redis.md\n',
      );
    },
    timeoutMs,
  );
});

describe('A start with another APP_SECRET', () => {
  const first = { APP_SECRET: 'the-first-secret-of-this-database' };
  const other = { APP_SECRET: 'some-other-secret-that-is-long-enough-too' };

  it(
    'fails with one line once the database contains keys',
    async () => {
      const service = ServiceProcess.start(temporaryFolder(), { DATABASE_URL: used, ...first });
      expect((await new Api(await service.url()).get('/.well-known/jwks.json')).status).toBe(200);
      await service.stop();

      const line = await startupError({ DATABASE_URL: used, ...other });
      const inProduction = await startupError({
        ...{ DATABASE_URL: used, ...other },
        ...{ NODE_ENV: 'production', PUBLIC_URL: 'https://api.example.com' },
        ...{ SMTP_URL: 'smtp://127.0.0.1:2525', MAIL_FROM: 'no-reply@example.com' },
      });

      expect(line).toMatch(
        /^plinth: APP_SECRET is not the one that this database's keys are encrypted with\. Set that one/,
      );
      expect(inProduction).toBe(line);
      await query(used, 'DELETE FROM signing_keys');
      const restarted = ServiceProcess.start(temporaryFolder(), { DATABASE_URL: used, ...other });
      expect((await new Api(await restarted.url()).get('/.well-known/jwks.json')).status).toBe(200);
    },
    timeoutMs,
  );
});
