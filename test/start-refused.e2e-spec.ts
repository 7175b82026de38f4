import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import fs from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Api } from './support/api.ts';
import { emptyDatabase, query } from './support/empty-database.ts';
import { dataFolder, root, scratchFolder, ServiceProcess } from './support/process.ts';
import { freePort } from './support/running.ts';

const timeoutMs = 180_000;
const database = await emptyDatabase();
const used = await emptyDatabase();
const latin = await emptyDatabase(`ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);

/** Starts the service and returns the one line with which it refuses. */
async function refusal(variables: Readonly<Record<string, string>>, folder = scratchFolder()): Promise<string> {
  const { code, stdout, stderr } = await ServiceProcess.start(folder, variables).ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^plinth: .+\n$/);
  return stderr.trimEnd();
}

function elsewhere(change: (url: URL) => void): string {
  const url = new URL(database);
  change(url);
  return url.href;
}

describe('A start is refused with one line', () => {
  it(
    'when the port is taken',
    async () => {
      const holder = createServer().listen(0, '127.0.0.1');
      await once(holder, 'listening');
      const address = holder.address();
      const port = typeof address === 'object' ? String(address?.port) : '';

      const line = await refusal({ DATABASE_URL: database, PORT: port });

      expect(line).toBe(`plinth: 127.0.0.1:${port} is in use by another program. Stop it, or set PORT.`);
      holder.close();
    },
    timeoutMs,
  );

  it(
    'when the host is no address of this machine',
    async () => {
      expect(await refusal({ DATABASE_URL: database, HOST: '192.0.2.1' })).toBe(
        'plinth: 192.0.2.1:0 is not an address of this machine. Set HOST.',
      );
    },
    timeoutMs,
  );

  it(
    'when its data folder is in use, broken, or its port taken after the embedded server has started',
    async () => {
      const folder = scratchFolder();
      const dataDir = dataFolder(folder);
      const live = ServiceProcess.start(folder);
      const { port } = new URL(await live.url());

      expect(await refusal({}, folder)).toBe(
        `plinth: The data folder ${dataDir} is in use by another Plinth (pid ${live.pid}): stop it or set DATA_DIR to another folder.`,
      );
      await live.stop();

      const holder = createServer().listen(Number(port), '127.0.0.1');
      await once(holder, 'listening');
      expect(await refusal({ PORT: port }, folder)).toContain(`127.0.0.1:${port} is in use by another program`);
      expect(fs.existsSync(join(dataDir, 'postgres/postmaster.pid'))).toBe(false);
      holder.close();

      fs.truncateSync(join(dataDir, 'postgres/global/pg_control'), 100);
      const line = await refusal({}, folder);
      expect(line).toContain('could not read file "global/pg_control"');
      expect(line).toContain(`move ${dataDir}/postgres away to start afresh`);
    },
    timeoutMs,
  );

  it(
    'when its generated secret is damaged or can not be kept',
    async () => {
      const folder = scratchFolder();
      fs.mkdirSync(dataFolder(folder));
      fs.writeFileSync(join(dataFolder(folder), 'app-secret'), '');
      const damaged = await ServiceProcess.start(folder, { DATABASE_URL: database }).ended;
      fs.rmSync(dataFolder(folder), { recursive: true });
      fs.writeFileSync(dataFolder(folder), '');
      const unkept = await ServiceProcess.start(folder, { DATABASE_URL: database }).ended;

      expect(damaged).toMatchObject({ code: 1, stdout: '' });
      expect(damaged.stderr).toMatch(/^plinth: The configuration is invalid:\n {2}APP_SECRET: \S+ is damaged; .+\n$/);
      expect(unkept).toMatchObject({ code: 1, stdout: '' });
      expect(unkept.stderr).toMatch(
        /^plinth: The configuration is invalid:\n {2}DATA_DIR: .+ \((?:EEXIST|ENOTDIR)\)\n$/,
      );
    },
    timeoutMs,
  );

  it(
    'when the database can not be reached, or lets nobody in, without its credentials',
    async () => {
      const port = String(await freePort());
      const away = await refusal({ DATABASE_URL: elsewhere((url) => (url.port = port)) });
      const wrong = await refusal({ DATABASE_URL: elsewhere((url) => (url.password = 'a-wrong-guess')) });
      const absent = await refusal({ DATABASE_URL: elsewhere((url) => (url.pathname = '/no_such_database')) });
      const inProduction = await refusal({
        DATABASE_URL: elsewhere((url) => (url.port = port)),
        NODE_ENV: 'production',
        APP_SECRET: 'thirty-two-characters-for-the-tests-alone',
        PUBLIC_URL: 'https://api.example.com',
      });

      expect(away).toContain(`127.0.0.1:${port}/`);
      expect(inProduction).toBe(away);
      expect(wrong).toContain('refuses the user name or password');
      expect(absent).toContain('there is no such database');
      const { password } = new URL(database);
      for (const line of [away, wrong, absent]) expect(line).not.toContain(password);
      expect(wrong).not.toContain('guess');
    },
    timeoutMs,
  );
});

describe('A database that can not be used is refused with one line', () => {
  it(
    'when it holds no UTF-8',
    async () => {
      expect(await refusal({ DATABASE_URL: latin })).toMatch(
        /^plinth: The database test_empty_\w+ has the encoding LATIN1, and must have UTF8: CREATE DATABASE /,
      );
    },
    timeoutMs,
  );

  it(
    'when it has no TLS, which the URL or the shell asks for',
    async () => {
      const tls = elsewhere((url) => {
        url.search = '?sslmode=verify-full';
      });
      const silent = elsewhere((url) => {
        url.search = '';
      });

      expect(await refusal({ DATABASE_URL: tls })).toContain('it offers no TLS, which sslmode in its URL or PGSSLMODE');
      expect(await refusal({ DATABASE_URL: silent, PGSSLMODE: 'require' })).toContain(
        'it offers no TLS, which sslmode',
      );
    },
    timeoutMs,
  );
});

describe('A start with another APP_SECRET', () => {
  const first = { APP_SECRET: 'the-first-secret-of-this-database-it-is' };
  const other = { APP_SECRET: 'some-other-secret-that-is-long-enough-too' };

  it(
    'is refused with one line once the database holds keys',
    async () => {
      const service = ServiceProcess.start(scratchFolder(), { DATABASE_URL: used, ...first });
      expect((await new Api(await service.url()).get('/.well-known/jwks.json')).status).toBe(200);
      await service.stop();

      const line = await refusal({ DATABASE_URL: used, ...other });
      const inProduction = await refusal({
        ...{ DATABASE_URL: used, ...other },
        ...{ NODE_ENV: 'production', PUBLIC_URL: 'https://api.example.com' },
        ...{ SMTP_URL: 'smtp://127.0.0.1:2525', MAIL_FROM: 'no-reply@example.com' },
      });

      expect(line).toMatch(
        /^plinth: APP_SECRET is not the one that this database's keys are sealed with\. Set that one/,
      );
      expect(inProduction).toBe(line);
      await query(used, 'DELETE FROM signing_keys');
      const anew = ServiceProcess.start(scratchFolder(), { DATABASE_URL: used, ...other });
      expect((await new Api(await anew.url()).get('/.well-known/jwks.json')).status).toBe(200);
    },
    timeoutMs,
  );
});

describe('An invalid configuration', () => {
  it('is refused by a worker whose jobs could hold every connection, whatever it is told of WORKER', async () => {
    const { code, stdout, stderr } = await ServiceProcess.run(process.execPath, [join(root, 'dist/worker.js')], {
      folder: scratchFolder(),
      variables: { DATABASE_URL: database, WORKER: 'off', WORKER_CONCURRENCY: '6' },
    }).ended;

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      'plinth: The configuration is invalid:\n  WORKER_CONCURRENCY: twice as many jobs must be fewer than the connections of DATABASE_POOL_MAX\n',
    );
  });

  it('is refused when .env is a folder', async () => {
    const folder = scratchFolder();
    fs.mkdirSync(join(folder, '.env'));

    const { code, stdout, stderr } = await ServiceProcess.start(folder).ended;

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      "plinth: The configuration is invalid:\n  .env: can't be read (EISDIR); it must be a file that this user may read, or absent\n",
    );
  });

  it.each([
    ['UTF-16', Buffer.from('PORT=0', 'utf16le'), ['.env: is UTF-16 or binary: save it as UTF-8']],
    [
      'lines that would be passed over',
      Buffer.from('\uFEFFLOG_LEVEL=info\r\nPORT: 0\r\nAPP_SECRET="x\r\n'),
      ['.env:2: is not NAME=value', '.env:3: has a quote that is not closed, or text behind the closing one'],
    ],
  ])('is refused when .env has %s', async (_, bytes, problems) => {
    const folder = scratchFolder();
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

  it('is refused with a line for each problem, before anything is started', async () => {
    const folder = scratchFolder();
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
