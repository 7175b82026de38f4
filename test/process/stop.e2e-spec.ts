import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import fs from 'node:fs';
import { join } from 'node:path';
import { Api } from '../harness/http/api.ts';
import { waitUntilClosed, openSocket, sendPartialLogin, replyTo } from '../harness/http/sockets.ts';
import { dataFolder, root, temporaryFolder, ServiceProcess } from '../harness/process/service-process.ts';
import { isRunning, postgresPid, waitUntil } from '../harness/process/wait-until.ts';
import { readyz } from '../harness/http/readyz.ts';

const timeoutMs = 180_000;
/** Below the 20 s within which running requests may finish. */
const promptMs = 15_000;

const folder = temporaryFolder();
const dataDir = dataFolder(folder);
const firstStart = ServiceProcess.start(folder);
const [, email = '', password = ''] = await firstStart.waitForOutput(/Admin {6}(\S+) {2}password: (\S+)/);
await firstStart.stop();
const admin = { email, password };

/** Starts a service on the data of the previous test. */
async function start(variables: Readonly<Record<string, string>> = {}): Promise<{
  service: ServiceProcess;
  api: Api;
  url: URL;
  postgres: number;
}> {
  const service = ServiceProcess.start(folder, variables);
  const url = await service.url();
  return { service, api: new Api(url), url: new URL(url), postgres: postgresPid(dataDir) };
}

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it(
    'lets a running request finish, then ends the service and its PostgreSQL',
    async () => {
      const { service, url, postgres } = await start();
      const login = await sendPartialLogin(url, admin);

      service.signal(signal);
      await waitUntilClosed(url);
      expect(isRunning(postgres)).toBe(true);
      const response = await login.finish();
      const respondedAt = performance.now();

      expect(response).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(response).toContain('"accessToken"');
      const exit = await service.ended;
      expect(exit).toMatchObject({ code: 0, stderr: '' });
      // Connections that are closed on purpose are not reported.
      expect(exit.stdout).not.toMatch(/"level":"(warn|error|fatal)"/);
      expect(performance.now() - respondedAt).toBeLessThan(promptMs);
      expect(isRunning(postgres)).toBe(false);
      expect(fs.existsSync(join(dataDir, 'plinth.lock'))).toBe(false);
    },
    timeoutMs,
  );

  it(
    'does not wait for idle connections',
    async () => {
      const { service, url } = await start();
      await openSocket(url); // a browser's preconnect
      const persistent = await openSocket(url);
      persistent.write(`GET /livez HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`);
      expect(String(await once(persistent, 'data'))).toContain('HTTP/1.1 200 OK');
      const partial = await openSocket(url);
      partial.write('GET /livez HTT');

      const signalledAt = performance.now();
      expect(await service.stop(signal)).toMatchObject({ code: 0, stderr: '' });

      expect(performance.now() - signalledAt).toBeLessThan(promptMs);
    },
    timeoutMs,
  );
});

describe('A connection that was opened before the service closed', () => {
  it(
    'is served although the process had not accepted it yet',
    async () => {
      const { service, url } = await start();
      // The system completes connections for a process that does not run.
      service.signal('SIGSTOP');
      const sockets = await Promise.all(Array.from({ length: 20 }, async () => await openSocket(url)));
      const [early, late] = [sockets.slice(0, 10), sockets.slice(10)];
      const responses = early.map(async (socket) => await replyTo(socket, url));

      service.signal('SIGTERM');
      service.signal('SIGCONT');
      await waitUntilClosed(url);
      responses.push(...late.map(async (socket) => await replyTo(socket, url)));

      const received = await Promise.all(responses);
      expect(received).toHaveLength(20);
      for (const response of received) expect(response).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      // The process may read the first requests before it handles the signal.
      for (const response of received.slice(early.length))
        expect(response).toMatch(/^HTTP\/1\.1 200 OK\r\n(.+\r\n)*connection: close\r\n/i);
      expect(await service.ended).toMatchObject({ code: 0, stderr: '' });
    },
    timeoutMs,
  );
});

describe('A service that receives SIGTERM', () => {
  it(
    'is not ready but continues to serve while it drains, and closes connections',
    async () => {
      const { service, api } = await start({ SHUTDOWN_DRAIN_MS: '20000' });
      await readyz(api, { status: 200 });

      service.signal('SIGTERM');
      const checks = { database: 'up', migrations: 'up', process: 'draining' };
      const ready = await readyz(api, { status: 503, checks });
      expect(ready).toBeProblem('not-ready', 503);
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
    'ends at once on a second signal',
    async () => {
      const { service, url, postgres } = await start();
      const login = await sendPartialLogin(url, admin);
      service.signal('SIGTERM');
      await waitUntilClosed(url);

      const signalledAt = performance.now();
      expect(await service.stop()).toMatchObject({ code: 1, stderr: '' });

      expect(performance.now() - signalledAt).toBeLessThan(promptMs);
      await waitUntil('PostgreSQL has ended', () => !isRunning(postgres));
      login.abandon();
    },
    timeoutMs,
  );

  it.each([
    ['while its PostgreSQL starts', 'postgres.log', 'SIGTERM'],
    ['by Ctrl-C, while the first start creates its cluster', 'postgres.new-*/cluster/PG_VERSION', 'SIGINT'],
  ] as const)(
    '%s leaves nothing running and prints nothing',
    async (_, file, signal) => {
      const emptyFolder = temporaryFolder();
      // A terminal sends the signal of Ctrl-C to a whole process group.
      const service = ServiceProcess.run(process.execPath, [join(root, 'dist/main.js')], {
        folder: emptyFolder,
        variables: { PORT: '0' },
        detached: true,
      });
      await waitUntil(
        'the start has reached this step',
        () => fs.globSync(join(dataFolder(emptyFolder), file)).length > 0,
        timeoutMs,
      );

      process.kill(signal === 'SIGINT' ? -service.pid : service.pid, signal);
      expect(await service.ended).toMatchObject({ code: 0, stdout: '', stderr: '' });

      expect(fs.existsSync(join(dataFolder(emptyFolder), 'postgres/postmaster.pid'))).toBe(false);
      expect(fs.existsSync(join(dataFolder(emptyFolder), 'plinth.lock'))).toBe(false);
    },
    timeoutMs,
  );
});

describe('A service that was killed', () => {
  it(
    'starts again with its data and without the server that was left running',
    async () => {
      const { service, postgres } = await start();
      expect(await service.stop('SIGKILL')).toMatchObject({ signal: 'SIGKILL' });
      expect(isRunning(postgres)).toBe(true);

      const next = await start();

      await waitUntil('the server that was left running has ended', () => !isRunning(postgres));
      expect(next.postgres).not.toBe(postgres);
      await expect(next.api.logIn(admin)).resolves.toHaveProperty('accessToken');
      expect(await next.service.stop()).toMatchObject({ code: 0, stderr: '' });
    },
    timeoutMs,
  );
});

describe('npm start', () => {
  it(
    'forwards SIGTERM to the service, which ends with its PostgreSQL',
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
