import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import fs from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { freePort } from '../../src/platform/dev-postgres/server.ts';
import { productionEnvironment } from '../harness/app/environment.ts';
import { emptyDatabase } from '../harness/database/empty-database.ts';
import { root, temporaryFolder, ServiceProcess } from '../harness/process/service-process.ts';
import { database, databaseUrlWith, startupError, timeoutMs } from './startup-error.ts';

const latin = await emptyDatabase(`ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);

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
        ...productionEnvironment,
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
