import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { TestUser } from '../test/faults/auth/users.ts';
import { logIn, createUsers } from '../test/faults/auth/users.ts';
import type { TestProcess } from '../test/harness/process/test-process.ts';
import type { TestCluster } from '../test/harness/process/test-cluster.ts';
import { ServerUnderTest } from './server-under-test.ts';
import { ratio } from './figures.ts';
import type { LoadOrder, LoadResult } from './load.ts';
import type { Machine } from './machine.ts';
import { machineWith, nameOf } from './machine.ts';
import { report } from './report.ts';

const { values } = parseArgs({ options: { logins: { type: 'string' }, seconds: { type: 'string' } } });
const logins = Number(values.logins ?? 200);
const seconds = Number(values.seconds ?? 8);

/** Few enough that an idle machine serves them without queueing. */
const perSecond = 40;
const paths = ['/readyz', '/v1/users/me'] as const;
type Path = (typeof paths)[number];

/** Latencies of one path, without and with concurrent logins. */
interface PathLatencies {
  readonly idle: LoadResult;
  readonly loaded: LoadResult;
}

interface Figures {
  readonly machine: Machine;
  readonly latencies: Record<Path, PathLatencies>;
  /** The number of login responses by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Rejections without Retry-After: must be 0. */
  readonly withoutRetryAfter: number;
}

await report(measure, markdown);

async function measure(cluster: TestCluster): Promise<Figures> {
  const machine = await machineWith(cluster.pool);
  const service = await ServerUnderTest.start(cluster, 'main');
  const load = cluster.start('faults/bench/load', {});
  await load.nextMessage();
  const [caller, ...others] = await createUsers(cluster.pool, logins + 1);
  if (caller === undefined) throw new Error('No user was created');
  const { accessToken } = await logIn(service.url, caller);
  const statuses: Record<string, number> = {};
  let withoutRetryAfter = 0;
  const record = (status: number, retryAfter: string | null): void => {
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (status !== 200 && retryAfter === null) withoutRetryAfter += 1;
  };
  const latencies: Partial<Record<Path, PathLatencies>> = {};
  for (const path of paths) {
    const order = { url: service.url, path, tokens: [accessToken], connections: 8, seconds, perSecond };
    await measureLoad(load, { ...order, seconds: 2 });
    const idle = await measureLoad(load, order);
    const loaded = await whileLoggingIn(service.url, { others, record }, async () => await measureLoad(load, order));
    latencies[path] = { idle, loaded };
  }
  await service.stop();
  return { machine, latencies: latencies as Figures['latencies'], statuses, withoutRetryAfter };
}

/** Runs `work` while all users log in, repeatedly and after the delay that Retry-After requests. */
async function whileLoggingIn<T>(
  url: string,
  { others, record }: { others: readonly TestUser[]; record: (status: number, retryAfter: string | null) => void },
  work: () => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const load = Promise.all(
    others.map(async ({ email, password }) => {
      while (!ended.signal.aborted) {
        const response = await fetch(`${url}/v1/auth/login`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ email, password }),
        });
        await response.arrayBuffer();
        const retryAfter = response.headers.get('retry-after');
        record(response.status, retryAfter);
        const pause = delay(Number(retryAfter ?? 0) * 1000, undefined, { signal: ended.signal });
        await pause.catch(() => undefined);
      }
    }),
  );
  const result = await work();
  ended.abort();
  await load;
  return result;
}

async function measureLoad(load: TestProcess, order: LoadOrder): Promise<LoadResult> {
  const result = load.nextMessage<LoadResult>();
  load.send(order);
  return await result;
}

function markdown({ machine, latencies, statuses, withoutRetryAfter }: Figures): string {
  const row = (path: Path): string => {
    const { idle, loaded } = latencies[path];
    const times = ratio(loaded.p99Ms, idle.p99Ms);
    return `| GET ${path}, p50 / p99 | ${shown(idle)} | ${shown(loaded)} | **${times}** | ≤ 3 |`;
  };
  const counts = Object.entries(statuses).map(([status, count]) => `${count} × ${status}`);
  return [
    `${nameOf(machine)}; ${logins} logins at once, ${perSecond} requests per second beside them`,
    '',
    '| | idle | during logins | p99, times | goal |',
    '| --- | --- | --- | --- | --- |',
    ...paths.map(row),
    '',
    `Logins: ${counts.join(', ')}; rejections without Retry-After: ${withoutRetryAfter}.`,
    '',
  ].join('\n');
}

function shown({ p50Ms, p99Ms }: LoadResult): string {
  return `${p50Ms.toFixed(1)} / ${p99Ms.toFixed(1)} ms`;
}
