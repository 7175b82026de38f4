import { beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../src/platform/dev-postgres/server.ts';
import { accessToken } from '../faults/caller.ts';
import { KeepAliveLoad } from '../faults/keep-alive-load.ts';
import { createDatabase } from '../harness/database/database.ts';
import { isPortFree } from '../harness/process/free-port.ts';
import { onTeardown, root, ServiceProcess, temporaryFolder } from '../harness/process/service-process.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

const timeoutMs = 300_000;
const folder = join(root, 'test/pm2');
const program = join(folder, 'node_modules/pm2/bin/pm2');
/** The daemon of the test, with its logs. */
const home = temporaryFolder();

/** What `pm2 jlist` prints about a process. */
interface ListedProcess {
  readonly name: string;
  readonly pid: number;
  readonly pm2_env: { readonly status: string };
}

beforeAll(async () => {
  if (existsSync(program)) return;
  const npm = ServiceProcess.run('npm', ['ci', '--ignore-scripts'], { folder, variables: {} });
  expect(await npm.ended).toMatchObject({ code: 0 });
}, timeoutMs);

async function pm2(args: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<string> {
  const own = { PM2_HOME: home, PM2_DISABLE_VERSION_CHECK: 'true', ...variables };
  const { code, stdout, stderr } = await ServiceProcess.run(process.execPath, [program, ...args], {
    folder: root,
    variables: own,
  }).ended;
  if (code !== 0) throw new Error(`pm2 ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

/** Ports of metrics that follow each other: of the worker and of the two API instances. */
async function freePorts(): Promise<readonly number[]> {
  const first = await freePort();
  const ports = [first, first + 1, first + 2];
  const free = await Promise.all(ports.map(isPortFree));
  return free.includes(false) ? await freePorts() : ports;
}

/** Each process has a port: if instances shared one, nothing would listen on the last. */
async function expectMetricsOf(ports: readonly number[]): Promise<void> {
  const texts = await Promise.all(
    ports.map(async (port) => await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()),
  );
  for (const text of texts) expect(text).toMatch(/^process_start_time_seconds \d+$/m);
}

async function processes(): Promise<readonly ListedProcess[]> {
  const output = await pm2(['jlist', '--silent']);
  const list = JSON.parse(output.slice(output.indexOf('['))) as ListedProcess[];
  return list.sort((a, b) => (a.name < b.name ? -1 : 1));
}

describe('pm2 reload', () => {
  it(
    'restarts the instances under load without a failed request',
    async () => {
      const database = await createDatabase();
      const port = await freePort();
      const metricsPorts = await freePorts();
      onTeardown(async () => {
        await database.drop();
      });
      onTeardown(async () => await pm2(['kill']));
      await pm2(['start', join(root, 'docker/pm2.config.cjs')], {
        DATABASE_URL: database.url,
        APP_SECRET: 'the-secret-of-scenarios-is-not-secret',
        PORT: String(port),
        METRICS_PORT: String(metricsPorts[0]),
        PUBLIC_URL: 'http://127.0.0.1',
        SHUTDOWN_DRAIN_MS: '500',
        RATE_LIMIT_REQUESTS: '1000000000',
      });
      const url = `http://127.0.0.1:${port}`;
      const before = await processes();
      expect(before.map(({ name, pm2_env }) => [name, pm2_env.status])).toEqual([
        ['plinth-api', 'online'],
        ['plinth-api', 'online'],
        ['plinth-worker', 'online'],
      ]);
      await expectMetricsOf(metricsPorts);
      const load = new KeepAliveLoad(url, await accessToken(url, database.pool, { role: 'admin' }));
      const running = load.run();

      for (let time = 0; time < 2; time += 1) {
        const sent = load.requests;
        await pm2(['reload', 'plinth-api']);
        await waitUntil('the load continues', () => load.requests > sent + 100);
      }
      load.stop();
      await running;

      expect(load.violations).toEqual([]);
      const { rows } = await database.pool.query<{ found: number }>(
        'SELECT count(*)::int AS found FROM users WHERE email = ANY($1::text[])',
        [load.created],
      );
      expect(rows).toEqual([{ found: load.created.length }]);
      await expectMetricsOf(metricsPorts);
      const after = await processes();
      const pidsOf = (list: readonly ListedProcess[], name: string): number[] =>
        list.filter((each) => each.name === name).map(({ pid }) => pid);
      for (const pid of pidsOf(after, 'plinth-api')) expect(pidsOf(before, 'plinth-api')).not.toContain(pid);
      expect(pidsOf(after, 'plinth-worker')).toEqual(pidsOf(before, 'plinth-worker'));
    },
    timeoutMs,
  );
});
