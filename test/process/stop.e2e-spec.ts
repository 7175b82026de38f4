import { describe, expect, it } from '@jest/globals';
import { openSocket, replyTo, waitUntilClosed } from '../harness/http/sockets.ts';
import { isRunning, waitUntil } from '../harness/process/wait-until.ts';
import { readyz } from '../harness/http/readyz.ts';
import { admin, describeSignal, start, timeoutMs } from './stopping.ts';

describe('SIGTERM', () => {
  describeSignal('SIGTERM');
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
