import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import fs from 'node:fs';
import { join } from 'node:path';
import { Api } from './support/api.ts';
import { closed, connected, halfALogin, replyTo } from './support/connection.ts';
import { dataFolder, root, scratchFolder, ServiceProcess } from './support/process.ts';
import { isRunning, postgresPid, until } from './support/running.ts';

const timeoutMs = 180_000;
/** Far below the 20 s that running requests are waited for. */
const promptMs = 5000;

const folder = scratchFolder();
const dataDir = dataFolder(folder);
const firstStart = ServiceProcess.start(folder);
const [, email = '', password = ''] = await firstStart.says(/Admin {6}(\S+) {2}password: (\S+)/);
await firstStart.stop();
const admin = { email, password };

/** A service on the same data as that of the test before. */
async function start(variables: Readonly<Record<string, string>> = {}): Promise<{
  service: ServiceProcess;
  api: Api;
  url: URL;
  postgres: number;
}> {
  const service = ServiceProcess.start(folder, variables);
  const address = await service.url();
  return { service, api: new Api(address), url: new URL(address), postgres: postgresPid(dataDir) };
}

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it(
    'lets a running request finish, then ends the service and its PostgreSQL',
    async () => {
      const { service, url, postgres } = await start();
      const login = await halfALogin(url, admin);

      service.signal(signal);
      await closed(url);
      expect(isRunning(postgres)).toBe(true);
      const reply = await login.finish();
      const answered = performance.now();

      expect(reply).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(reply).toContain('"accessToken"');
      const ending = await service.ended;
      expect(ending).toMatchObject({ code: 0, stderr: '' });
      // Nothing is reported of connections that are closed on purpose.
      expect(ending.stdout).not.toMatch(/"level":"(warn|error|fatal)"/);
      expect(performance.now() - answered).toBeLessThan(promptMs);
      expect(isRunning(postgres)).toBe(false);
      expect(fs.existsSync(join(dataDir, 'plinth.lock'))).toBe(false);
    },
    timeoutMs,
  );

  it(
    'is not held up by connections on which nothing is asked',
    async () => {
      const { service, url } = await start();
      await connected(url); // a browser's preconnect
      const keptAlive = await connected(url);
      keptAlive.write(`GET /livez HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`);
      expect(String(await once(keptAlive, 'data'))).toContain('HTTP/1.1 200 OK');
      const begun = await connected(url);
      begun.write('GET /livez HTT');

      const told = performance.now();
      expect(await service.stop(signal)).toMatchObject({ code: 0, stderr: '' });

      expect(performance.now() - told).toBeLessThan(promptMs);
    },
    timeoutMs,
  );
});

describe('A connection that was made before the service closed', () => {
  it(
    'is served, although the process had not accepted it yet',
    async () => {
      const { service, url } = await start();
      // The system completes connections for a process that does not run.
      service.signal('SIGSTOP');
      const sockets = await Promise.all(Array.from({ length: 20 }, async () => await connected(url)));
      const [early, late] = [sockets.slice(0, 10), sockets.slice(10)];
      const replies = early.map(async (socket) => await replyTo(socket, url));

      service.signal('SIGTERM');
      service.signal('SIGCONT');
      await closed(url);
      replies.push(...late.map(async (socket) => await replyTo(socket, url)));

      const answered = await Promise.all(replies);
      expect(answered).toHaveLength(20);
      for (const reply of answered) expect(reply).toMatch(/^HTTP\/1\.1 200 OK\r\n(.+\r\n)*connection: close\r\n/i);
      expect(await service.ended).toMatchObject({ code: 0, stderr: '' });
    },
    timeoutMs,
  );
});

describe('A service that is told to end', () => {
  it(
    'says so at /readyz and goes on serving while it drains, asking callers to leave',
    async () => {
      const { service, api } = await start({ SHUTDOWN_DRAIN_MS: '1500' });
      expect((await api.get('/readyz')).status).toBe(200);

      service.signal('SIGTERM');
      await until('draining', async () => (await api.get('/readyz')).status === 503, 1000);

      const ready = await api.get('/readyz');
      expect(ready).toBeProblem('not-ready', 503);
      expect(ready.body).toMatchObject({ checks: { database: 'up', migrations: 'up', process: 'draining' } });
      const served = await api.post('/v1/auth/login', admin, { Connection: 'keep-alive' });
      expect({ status: served.status, connection: served.headers['connection'] }).toEqual({
        status: 200,
        connection: 'close',
      });
      expect((await api.get('/livez')).status).toBe(200);
      expect(await service.ended).toMatchObject({ code: 0, stderr: '' });
    },
    timeoutMs,
  );

  it(
    'ends at once when it is told again',
    async () => {
      const { service, url, postgres } = await start();
      const login = await halfALogin(url, admin);
      service.signal('SIGTERM');
      await closed(url);

      const told = performance.now();
      expect(await service.stop()).toMatchObject({ code: 1, stderr: '' });

      expect(performance.now() - told).toBeLessThan(1000);
      await until('PostgreSQL gone', () => !isRunning(postgres));
      login.abandon();
    },
    timeoutMs,
  );

  it.each([
    ['while its PostgreSQL starts', 'postgres.log', 'SIGTERM'],
    ['by Ctrl-C, while the first start makes its cluster', 'postgres.new-*/cluster/PG_VERSION', 'SIGINT'],
  ] as const)(
    '%s leaves nothing running and says nothing',
    async (_, file, signal) => {
      const afresh = scratchFolder();
      // A process group of its own, to which the terminal sends the signal of Ctrl-C.
      const service = ServiceProcess.run(process.execPath, [join(root, 'dist/main.js')], {
        folder: afresh,
        variables: { PORT: '0' },
        detached: true,
      });
      await until('it has come so far', () => fs.globSync(join(dataFolder(afresh), file)).length > 0, timeoutMs);

      process.kill(signal === 'SIGINT' ? -service.pid : service.pid, signal);
      expect(await service.ended).toMatchObject({ code: 0, stdout: '', stderr: '' });

      expect(fs.existsSync(join(dataFolder(afresh), 'postgres/postmaster.pid'))).toBe(false);
      expect(fs.existsSync(join(dataFolder(afresh), 'plinth.lock'))).toBe(false);
    },
    timeoutMs,
  );
});

describe('A service that was killed', () => {
  it(
    'starts again with its data and without the server it left behind',
    async () => {
      const { service, postgres } = await start();
      expect(await service.stop('SIGKILL')).toMatchObject({ signal: 'SIGKILL' });
      expect(isRunning(postgres)).toBe(true);

      const next = await start();

      await until('the server that was left behind is gone', () => !isRunning(postgres));
      expect(next.postgres).not.toBe(postgres);
      await expect(next.api.logIn(admin)).resolves.toHaveProperty('accessToken');
      expect(await next.service.stop()).toMatchObject({ code: 0, stderr: '' });
    },
    timeoutMs,
  );
});

describe('npm start', () => {
  it(
    'hands SIGTERM on to the service, which ends with its PostgreSQL',
    async () => {
      const variables = { DATA_DIR: dataDir, PORT: '0' };
      const npm = ServiceProcess.run('npm', ['start'], { folder: root, variables });
      await expect(new Api(await npm.url()).logIn(admin)).resolves.toHaveProperty('accessToken');
      const [holder = ''] = fs.readFileSync(join(dataDir, 'plinth.lock'), 'utf8').split('\n');
      const postgres = postgresPid(dataDir);

      await npm.stop();

      expect(isRunning(Number(holder))).toBe(false);
      expect(isRunning(postgres)).toBe(false);
    },
    timeoutMs,
  );
});
