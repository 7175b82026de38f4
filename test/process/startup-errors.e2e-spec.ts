import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import fs from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { freePort } from '../../src/platform/dev-postgres/server.ts';
import { Api } from '../harness/http/api.ts';
import { emptyDatabase, query } from '../harness/database/empty-database.ts';
import { dataFolder, onTeardown, root, temporaryFolder, ServiceProcess } from '../harness/process/service-process.ts';
import { RedisServer } from '../harness/redis/redis-server.ts';

const timeoutMs = 180_000;
const database = await emptyDatabase();
const used = await emptyDatabase();
const latin = await emptyDatabase(`ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);

/** Starts the service and returns the one line of its error. */
async function startupError(variables: Readonly<Record<string, string>>, folder = temporaryFolder()): Promise<string> {
  const { code, stdout, stderr } = await ServiceProcess.start(folder, variables).ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^plinth: .+\n$/);
  return stderr.trimEnd();
}

function databaseUrlWith(change: (url: URL) => void): string {
  const url = new URL(database);
  change(url);
  return url.href;
}

describe('A start fails with one line', () => {
  it(
    'when the port is in use',
    async () => {
      const holder = createServer().listen(0, '127.0.0.1');
      await once(holder, 'listening');
      const address = holder.address();
      const port = typeof address === 'object' ? String(address?.port) : '';

      const line = await startupError({ DATABASE_URL: database, PORT: port });

      expect(line).toBe(`plinth: 127.0.0.1:${port} is in use by another program. Stop it, or set PORT.`);
      holder.close();
    },
    timeoutMs,
  );

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
    'when it cannot connect to the database, without its credentials',
    async () => {
      const port = String(await freePort());
      const unreachable = await startupError({ DATABASE_URL: databaseUrlWith((url) => (url.port = port)) });
      const wrongPassword = await startupError({
        DATABASE_URL: databaseUrlWith((url) => (url.password = 'a-wrong-guess')),
      });
      const missing = await startupError({
        DATABASE_URL: databaseUrlWith((url) => (url.pathname = '/no_such_database')),
      });
      const inProduction = await startupError({
        DATABASE_URL: databaseUrlWith((url) => (url.port = port)),
        NODE_ENV: 'production',
        APP_SECRET: 'thirty-two-characters-for-the-tests-alone',
        PUBLIC_URL: 'https://api.example.com',
      });

      expect(unreachable).toContain(`127.0.0.1:${port}/`);
      expect(inProduction).toBe(unreachable);
      expect(wrongPassword).toContain('refuses the user name or password');
      expect(missing).toContain('there is no such database');
      const { password } = new URL(database);
      for (const line of [unreachable, wrongPassword, missing]) expect(line).not.toContain(password);
      expect(wrongPassword).not.toContain('guess');
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
        NODE_ENV: 'production',
        APP_SECRET: 'thirty-two-characters-for-the-tests-alone',
        PUBLIC_URL: 'https://api.example.com',
      }).ended;

      expect(code).toBe(1);
      expect(stderr).toBe(
        'plinth: The maxmemory-policy of REDIS_URL is allkeys-lru and must be noeviction: docs/operations/redis.md\n',
      );
    },
    timeoutMs,
  );
});

describe('An unusable database is reported with one line', () => {
  it(
    'when its encoding is not UTF-8',
    async () => {
      expect(await startupError({ DATABASE_URL: latin })).toMatch(
        /^plinth: The database test_empty_\w+ has the encoding LATIN1, and must have UTF8: CREATE DATABASE /,
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

describe('An invalid configuration', () => {
  it('is rejected by a worker whose jobs could use every connection, whatever WORKER is', async () => {
    const { code, stdout, stderr } = await ServiceProcess.run(process.execPath, [join(root, 'dist/worker.js')], {
      folder: temporaryFolder(),
      variables: { DATABASE_URL: database, WORKER: 'off', WORKER_CONCURRENCY: '6' },
    }).ended;

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      'plinth: The configuration is invalid:\n' +
        '  WORKER_CONCURRENCY: twice as many jobs must be fewer than the connections of DATABASE_POOL_MAX\n',
    );
  });

  it('is rejected when .env is a folder', async () => {
    const folder = temporaryFolder();
    fs.mkdirSync(join(folder, '.env'));

    const { code, stdout, stderr } = await ServiceProcess.start(folder).ended;

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      'plinth: The configuration is invalid:\n' +
        '  .env: cannot be read (EISDIR); it must be a file that this user may read, or absent\n',
    );
  });

  it.each([
    ['UTF-16', Buffer.from('PORT=0', 'utf16le'), ['.env: is UTF-16 or binary: save it as UTF-8']],
    [
      'lines that would be ignored',
      Buffer.from('\uFEFFLOG_LEVEL=info\r\nPORT: 0\r\nAPP_SECRET="x\r\n'),
      ['.env:2: is not NAME=value', '.env:3: has a quote that is not closed, or text after the closing one'],
    ],
  ])('is rejected when .env has %s', async (_, bytes, problems) => {
    const folder = temporaryFolder();
    fs.writeFileSync(join(folder, '.env'), bytes);

    const { code, stdout, stderr } = await ServiceProcess.start(folder).ended;

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(
      stderr
        .trimEnd()
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual(['plinth: The configuration is invalid:', ...problems]);
  });

  it('is rejected with a line for each problem, before anything is started', async () => {
    const folder = temporaryFolder();
    const variables = { PORT: 'http', LOG_LEVEL: 'loud', DATABASE_POOL_MAX: 'hunter2' };

    const { code, stdout, stderr } = await ServiceProcess.start(folder, variables).ended;

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.trimEnd().split('\n')).toEqual([
      'plinth: The configuration is invalid:',
      expect.stringContaining('  PORT: must be'),
      expect.stringContaining('  DATABASE_POOL_MAX: must be'),
      expect.stringContaining('  LOG_LEVEL: must be'),
    ]);
    expect(stderr).not.toContain('hunter2');
    expect(fs.readdirSync(folder)).toEqual([]);
  });
});
