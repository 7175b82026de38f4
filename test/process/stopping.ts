import { expect, it } from '@jest/globals';
import { once } from 'node:events';
import fs from 'node:fs';
import { join } from 'node:path';
import { Api } from '../harness/http/api.ts';
import { openSocket, sendPartialLogin, waitUntilClosed } from '../harness/http/sockets.ts';
import { dataFolder, temporaryFolder, ServiceProcess } from '../harness/process/service-process.ts';
import { isRunning, postgresPid } from '../harness/process/wait-until.ts';

export const timeoutMs = 180_000;
/** Below the 20 s within which running requests may finish. */
export const promptMs = 15_000;

const folder = temporaryFolder();
export const dataDir = dataFolder(folder);
const firstStart = ServiceProcess.start(folder);
const [, email = '', password = ''] = await firstStart.waitForOutput(/Admin {6}(\S+) {2}password: (\S+)/);
await firstStart.stop();
export const admin = { email, password };

/** Starts a service on the data of the previous test. */
export async function start(variables: Readonly<Record<string, string>> = {}): Promise<{
  service: ServiceProcess;
  api: Api;
  url: URL;
  postgres: number;
}> {
  const service = ServiceProcess.start(folder, variables);
  const url = await service.url();
  return { service, api: new Api(url), url: new URL(url), postgres: postgresPid(dataDir) };
}

/** A test of a service that receives this signal during a request. */
export function itFinishesRequests(signal: 'SIGTERM' | 'SIGINT'): void {
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
}

/** A test of a service that receives this signal while connections are open that send no request. */
export function itIgnoresIdleConnections(signal: 'SIGTERM' | 'SIGINT'): void {
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
}
