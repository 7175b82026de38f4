import { describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { Api } from '../harness/http/api.ts';
import { openSocket, replyTo, sendPartialLogin, waitUntilClosed } from '../harness/http/sockets.ts';
import { dataFolder, root, temporaryFolder, ServiceProcess } from '../harness/process/service-process.ts';
import { isRunning, postgresPid, waitUntil } from '../harness/process/wait-until.ts';
import {
  admin,
  dataDir,
  itFinishesRequests,
  itIgnoresIdleConnections,
  promptMs,
  start,
  timeoutMs,
} from './stopping.ts';

describe('SIGTERM', () => {
  itIgnoresIdleConnections('SIGTERM');
});

describe('SIGINT', () => {
  itFinishesRequests('SIGINT');
  itIgnoresIdleConnections('SIGINT');
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

describe('A service with an error that nothing handles', () => {
  it.each([
    ['rejection', 'Promise.reject(new Error("the planned error"))'],
    ['exception', 'throw new Error("the planned error")'],
  ])(
    'logs an unhandled %s, finishes its requests and exits with 1',
    async (_, statement) => {
      const fault = `process.on('SIGUSR2', () => { ${statement} })`;
      const flags = ['--import', `data:text/javascript,${encodeURIComponent(fault)}`];
      const service = ServiceProcess.run(process.execPath, [...flags, join(root, 'dist/main.js')], {
        folder: dirname(dataDir),
        variables: { PORT: '0' },
      });
      const url = new URL(await service.url());
      const postgres = postgresPid(dataDir);
      const login = await sendPartialLogin(url, admin);

      service.signal('SIGUSR2');
      await waitUntilClosed(url);
      // Only a second signal ends it at once.
      service.signal('SIGTERM');
      expect(await login.finish()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);

      const exit = await service.ended;
      expect(exit).toMatchObject({ code: 1, stderr: '' });
      expect(exit.stdout).toContain('the planned error');
      expect(isRunning(postgres)).toBe(false);
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
